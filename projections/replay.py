"""The history run again from its first entry, on nothing but the lines: what each entry changed, what the books say.

The books of a deal are one line of JSON: on which days each clause holds, in force and with plans laid over, and by
which entry. The digest of an answer is the SHA-256 over the lines of its deals, in order of their names: the same on
every machine, on every day, and for whoever recomputes it from the entries.
"""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from hashlib import sha256
from typing import Any

import msgspec

from ledger import merkle, rule, statements, tree
from ledger.application import Ledger
from ledger.calendar import LAST_DAY, ONE_DAY
from ledger.changes import changes
from ledger.entry import Entry, Row, entry_of, leaf, line
from ledger.errors import NotAnAnswer, Refusal
from ledger.events import DealOpened
from ledger.importing import row_of
from projections import mirror
from projections.audit import Difference, Found, Progress, b64, hashed_anew, silent
from projections.diff import change_json
from projections.point import Point
from projections.portfolio import portfolio_of
from projections.shares import Shares
from projections.state import state

DEALS_IN_MEMORY = 500
SPAN_FIELDS = ("from", "through", "until", "survives", "then")

# Fields of answers that came later: one that was saved before does not have them, and says nothing of them.
LATER_FIELDS = (
    "term.until", "clauses[].holds_through", "rows[].holds_through", "clauses[].at_least", "rows[].at_least",
)  # fmt: skip


class Replay:
    """The entries up to a position run again, of all deals or one; `differences` runs it, and then it has a digest."""

    def __init__(self, ledger: Ledger, up_to: int, deal: str | None = None, progress: Progress = silent) -> None:
        self.ledger = ledger
        self.up_to = up_to
        self.deal = deal
        self.progress = progress
        self.count = 0
        self.digest = sha256()
        self._chains: dict[str, Any] = {}  # of each deal: the digest over its leaves, in the order of the log

    def differences(self) -> Found:
        """What the rebuilt history says otherwise than what is stored; raises UnreadableEvent."""
        if self.deal is None:
            yield from self._log()
        for slug in [self.deal] if self.deal else sorted({*self.ledger.entries.deals(), *self._chains}, key=str):
            yield from self._fold(slug)
        if self.deal is None and self.up_to == self.ledger.entries.head():
            yield from mirror.differences(Shares(self.ledger.entries), self._from_lines)

    @property
    def answer(self) -> str:
        """The digest of the answer."""
        return f"sha256:{self.digest.hexdigest()}"

    def json(self, differences: Sequence[Difference]) -> dict[str, Any]:
        """The shape `deal.replay/1`, without the steps."""
        return {
            "schema": "deal.replay/1",
            "deal": self.deal,
            "recorded": f"#{self.up_to}",
            "entries": self.count,
            "digest": self.answer,
            "sound": not differences,
            "differences": [difference.json() for difference in differences],
            "head": {"position": self.up_to, "root": b64(tree.root(self.ledger.database, self.up_to))},
        }

    def _log(self) -> Found:
        tip = merkle.Tip()
        for row in self.ledger.entries.all_rows(0, self.up_to):
            hashed = leaf(row)
            tip.add(hashed)
            self._chains.setdefault(row[3], sha256()).update(hashed)
            self.progress(1)
        stored = tree.root(self.ledger.database, self.up_to)
        if (tip.size, tip.root) != (self.up_to, stored):
            says = f"The lines of {tip.size} entries have another root than the tree of #{self.up_to}; see deal verify."
            yield Difference("root", self.up_to, says, b64(stored), b64(tip.root))

    def _from_lines(self, up_to: int) -> Iterator[Row]:
        for row in self.ledger.entries.all_rows(0, up_to):
            self.progress(1)
            yield row_of(line(row), f"#{row[0]}")

    def _fold(self, slug: str) -> Found:
        told, chain = [], sha256()
        for row in rows_of(self.ledger, slug, self.up_to):
            text = line(row)
            chain.update(merkle.hash_leaf(text))
            told.append(entry_of(row_of(text, f"#{row[0]}")))
        if self.deal is None and slug in self._chains and self._chains[slug].digest() != chain.digest():
            says = f"The entries of {slug}, found by its name, are not those that the log has of it; see deal verify."
            yield Difference("deal", None, says)
        if told:
            self.count += len(told)
            self.digest.update(books_line(slug, told))


# --- the books --------------------------------------------------------------------------------------------


def books_line(slug: str, told: Sequence[Entry]) -> bytes:
    """A deal's books as one line of JSON: sorted, without spaces, with its line feed."""
    in_force = rule.read(told, rule.IN_FORCE)
    held = list(_held(in_force))
    planned = any(fact.standing == "planned" for fact in rule.in_books(told))
    opening = next((f.instrument for f in in_force.facts if isinstance(f.instrument, DealOpened)), None)
    books = {
        "deal": slug,
        "title": opening.title if opening else None,
        "entries": [entry.position for entry in told],
        "in_force": held,
        "with_plans": list(_held(rule.read(told, rule.WITH_PLANS))) if planned else held,
    }
    return canonical(books)


def canonical(value: object) -> bytes:
    """One line of JSON in its only spelling."""
    return msgspec.json.encode(value, order="sorted") + b"\n"


def _held(books: rule.Books) -> Iterator[dict[str, Any]]:
    for key in sorted(books.timelines):
        for days, claim in books.timelines[key].spans():
            clause = msgspec.to_builtins(claim.clause)
            yield {
                "key": key,
                "from": days.start.isoformat(),
                "through": None if days.end == LAST_DAY else (days.end - ONE_DAY).isoformat(),
                "clause": {name: value for name, value in clause.items() if name not in SPAN_FIELDS},
                "standing": claim.fact.standing,
                "entry": claim.fact.entry.position,
            }


# --- the steps --------------------------------------------------------------------------------------------


def steps(ledger: Ledger, up_to: int, deal: str | None = None) -> Iterator[dict[str, Any]]:
    """What every entry changed, in order: before and after, by clause and days, plans laid over."""
    recent: OrderedDict[str, list[Entry]] = OrderedDict()
    for row in rows_of(ledger, deal, up_to) if deal else ledger.entries.all_rows(0, up_to):
        entry = entry_of(row_of(line(row), f"#{row[0]}"))
        told = recent.pop(entry.deal, None)
        if told is None:
            told = [entry_of(before) for before in rows_of(ledger, entry.deal, entry.position - 1)]
        before = rule.read(told, rule.WITH_PLANS)
        told.append(entry)
        recent[entry.deal] = told
        if len(recent) > DEALS_IN_MEMORY:
            recent.popitem(last=False)
        found = changes(before, rule.read(told, rule.WITH_PLANS))
        yield {
            "position": entry.position,
            "recorded_at": entry.recorded_at,
            "deal": entry.deal,
            "event": type(entry.event).__name__,
            "changes": [change_json(change) for change in found],
        }


def rows_of(ledger: Ledger, deal: str, up_to: int) -> list[Row]:
    """A deal's rows in order."""
    return ledger.database.answer(statements.OF_DEAL, (deal, up_to))


# --- a saved answer ---------------------------------------------------------------------------------------


def check_answer(ledger: Ledger, saved: dict[str, Any], progress: Progress = silent) -> Found:
    """What a saved answer of `show` or `share` says otherwise than the lines; raises NotAnAnswer, NothingKnown."""
    point = _point_of(saved)
    head = ledger.entries.head()
    if point.recorded > head:
        ends = f"and this ledger ends at #{head}: it is an older copy, or entries were removed from its end."
        says = f"The answer stands on #{point.recorded}, {ends}"
        yield Difference("answer", point.recorded, says, str(head), str(point.recorded))
        return
    point = replace(point, root=hashed_anew(ledger, point.recorded, progress).root)
    yield from _unequal("", saved, _asked_again(ledger, saved, point), point.recorded)


def _asked_again(ledger: Ledger, saved: dict[str, Any], point: Point) -> dict[str, Any]:
    if saved["schema"] == "deal.state/1":
        return state(saved["deal"], list(map(entry_of, rows_of(ledger, saved["deal"], point.recorded))), point).json()
    deal = saved.get("deal")
    return portfolio_of(Shares(ledger.entries).folded(point, deal), point, deal, saved.get("party"))


def _point_of(saved: Any) -> Point:
    if not isinstance(saved, dict) or saved.get("schema") not in ("deal.state/1", "deal.share/1"):
        raise NotAnAnswer(str(saved.get("schema")) if isinstance(saved, dict) else "none")
    try:
        return Point(
            on=date.fromisoformat(saved["on"]),
            known=date.fromisoformat(saved["known"]) if saved["known"] else None,
            recorded=int(saved["recorded"].removeprefix("#")),
            planned=saved["planned"],
            confirmed_only=saved["evidence"] == "confirmed",
        )
    except (KeyError, TypeError, ValueError, AttributeError, Refusal) as error:
        raise NotAnAnswer(f"{saved['schema']}, but not a whole one ({error})") from None


def _unequal(place: str, saved: Any, again: Any, position: int) -> Found:
    """Every place in which two answers differ."""
    if isinstance(saved, dict) and isinstance(again, dict):
        for name in dict.fromkeys([*again, *saved]):
            where = f"{place}.{name}" if place else name
            if name in saved or re.sub(r"\d+", "", where) not in LATER_FIELDS:
                yield from _unequal(where, saved.get(name), again.get(name), position)
    elif isinstance(saved, list) and isinstance(again, list) and len(saved) == len(again):
        for number, (one, other) in enumerate(zip(saved, again, strict=True)):
            yield from _unequal(f"{place}[{number}]", one, other, position)
    elif saved != again:
        says = f"The answer's {place} is not what the entries up to #{position} say."
        yield Difference("answer", position, says, json.dumps(saved), json.dumps(again))
