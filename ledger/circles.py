"""Definitions and flows that need one another for the same period can never be computed: they are not taken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from ledger import rule
from ledger.errors import Circle
from ledger.events import Defines, Pays
from ledger.said import Said, names_now
from ledger.standing import Standing


def check_circles(books: Standing, said: Said) -> None:
    """Raises Circle where clauses would need one another on a day on which the instrument sets one of them."""
    own = [clause for clause in said.clauses if isinstance(clause, Pays | Defines)]
    keys = {clause.key for clause in own} | {key for key, kind in books.kinds.items() if kind in ("pays", "defines")}
    if not any(keys.intersection(names_now(clause.terms)) for clause in own):
        return  # as nearly always: what needs only measures is in no circle
    after = books.trial(said)
    set_now = [clause.key for clause in own]
    for day in _days(after, set_now, min(clause.start for clause in own)):
        check_needs({key: names_now(text) for key, text in _terms(after, day)}, set_now)


def check_needs(needs: Mapping[str, Iterable[str]], first: Iterable[str]) -> None:
    """Raises Circle where the `first` names need one another, or reach some that do.

    `needs`: of each name, what it needs for the same period.
    """
    done: set[str] = set()
    for name in first:
        path: list[str] = []
        waiting: list[tuple[int, str]] = [(0, name)]
        while waiting:
            depth, one = waiting.pop()
            done.update(path[depth:])
            del path[depth:]
            if one in path:
                raise Circle([*path[path.index(one) :], one])
            if one in needs and one not in done:
                path.append(one)
                waiting.extend((len(path), other) for other in needs[one])
        done.update(path)


def _days(books: rule.Books, keys: Iterable[str], first: date) -> list[date]:
    """The days from the first on which what holds under one of the keys, or what they need, changes."""
    reached: set[str] = set()
    waiting = list(keys)
    while waiting:
        key = waiting.pop()
        if key in books.timelines and key not in reached:
            reached.add(key)
            claims = (claim.clause for claim in books.timelines[key].claims if claim)
            waiting += [name for c in claims if isinstance(c, Pays | Defines) for name in names_now(c.terms)]
    return sorted({first, *(day for key in reached for day in books.timelines[key].days if day > first)})


def _terms(books: rule.Books, day: date) -> Iterable[tuple[str, str]]:
    for key, claim in books.on(day).items():
        if isinstance(claim.clause, Pays | Defines):
            yield key, claim.clause.terms
