"""History run again: the same digest everywhere, what every entry changed, and saved answers held against the log."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from ledger.application import Ledger
from ledger.errors import NotAnAnswer
from ledger.importing import take_lines
from ledger.tree import root
from projections.point import Point
from projections.portfolio import portfolio
from projections.replay import Replay, check_answer, steps
from projections.state import state
from tests.books import FORMS, NOW, books
from tests.ledger.test_importing import copy, file, lines  # noqa: F401 - fixtures

LAST = len(FORMS)
DIGEST = "sha256:5233807583a91dd4f923d56197e3d2463a8bb7c6930ba7a4506972ffa2f6580c"  # on every machine, on every day


@pytest.fixture
def ledger(tmp_path: Path):
    with Ledger(str(books(tmp_path / "deals.db")), "write", clock=lambda: NOW) as opened:
        yield opened


def replayed(ledger: Ledger, up_to: int = LAST, deal: str | None = None) -> tuple[str, list[str]]:
    run = Replay(ledger, up_to, deal)
    found = [difference.says for difference in run.differences()]
    return run.answer, found


def test_the_digest_is_the_same_on_every_machine(ledger: Ledger):
    assert replayed(ledger) == (DIGEST, [])


def test_a_copy_has_the_same_digest(lines, copy: Ledger):  # noqa: F811
    take_lines(copy.database, file(lines))
    assert replayed(copy) == (DIGEST, [])


def test_an_earlier_point_has_the_digest_that_it_had_then(ledger: Ledger, tmp_path: Path):
    (tmp_path / "then").mkdir()
    with Ledger(str(books(tmp_path / "then" / "deals.db", count=5)), "read") as then:
        assert replayed(ledger, 5) == replayed(then, 5)
    assert replayed(ledger, 5)[0] != DIGEST


def test_says_what_every_entry_changed(ledger: Ledger):
    told = [
        (step["position"], [(c["key"], c["from"], c["through"], c["before"], c["after"]) for c in step["changes"]])
        for step in steps(ledger, LAST)
    ]
    share = "Acme -> Bolt as share: {}% of revenue every quarter".format
    assert told[2] == (3, [("share", "2025-04-01", "2027-12-31", share(20), share("17.5"))])
    assert told[3] == (4, [("share", "2027-01-01", "2027-12-31", share("17.5"), share(10) + " (planned)")])
    assert told[4] == (5, [("share", "2025-04-01", "2026-12-31", share("17.5"), share(18))])
    assert told[5] == (6, [("brand", "2025-07-01", None, None, "Acme as brand: may use the brand")])
    assert told[6] == (7, [("brand", "2025-07-01", None, "Acme as brand: may use the brand", None)])
    assert told[7] == (8, [("share", "2028-01-01", "2028-12-31", None, share(10) + " (planned)")])
    assert told[8] == (9, [])
    assert [step["position"] for step in steps(ledger, LAST, "nur")] == [2, 6, 7]


def test_a_projection_that_says_something_else_is_named(ledger: Ledger):
    with closing(sqlite3.connect(ledger.database.address)) as connection:
        connection.execute("UPDATE shares_1_claims SET dated = '2020-01-01' WHERE entry = 3")
        connection.commit()
    _, found = replayed(ledger)
    assert found == [
        "The projection shares has a row that no entry makes, in shares_1_claims. Rebuild it with: deal verify "
        "--rebuild",
        "The projection shares lacks a row that the entries make, in shares_1_claims. Rebuild it with: deal verify "
        "--rebuild",
    ]


def at(ledger: Ledger, recorded: int) -> Point:
    return Point(NOW.date(), None, recorded, planned=True, root=root(ledger.database, recorded))


@pytest.mark.parametrize("recorded", range(1, LAST + 1))
def test_an_answer_asked_again_later_is_the_same_to_the_byte(tmp_path: Path, recorded: int):
    with Ledger(str(books(tmp_path / "deals.db", count=recorded)), "read", clock=lambda: NOW) as then:
        answers = [json.dumps(state("acme-bolt", then.history("acme-bolt"), at(then, recorded)).json())]
        answers.append(json.dumps(portfolio(then, at(then, recorded))))
    (tmp_path / "now").mkdir()
    with Ledger(str(books(tmp_path / "now" / "deals.db")), "read", clock=lambda: NOW) as now:
        again = [json.dumps(state("acme-bolt", now.history("acme-bolt"), at(now, recorded)).json())]
        again.append(json.dumps(portfolio(now, at(now, recorded))))
        assert again == answers
        assert [list(check_answer(now, json.loads(text))) for text in answers] == [[], []]


def test_an_answer_that_was_changed_is_found(ledger: Ledger):
    answer = state("acme-bolt", ledger.history("acme-bolt"), at(ledger, LAST)).json()
    answer["clauses"][0]["rate"] = "0.12"
    answer["head"]["root"] = "A" * 43 + "="
    found = [(d.says, d.stored) for d in check_answer(ledger, answer)]
    assert found == [
        ("The answer's clauses[0].rate is not what the entries up to #9 say.", '"0.12"'),
        ("The answer's head.root is not what the entries up to #9 say.", f'"{"A" * 43}="'),
    ]


def test_an_answer_of_a_longer_log_is_found(ledger: Ledger, tmp_path: Path):
    answer = portfolio(ledger, at(ledger, LAST))
    (tmp_path / "older").mkdir()
    with Ledger(str(books(tmp_path / "older" / "deals.db", count=6)), "read") as older:
        assert [d.says for d in check_answer(older, answer)] == [
            "The answer stands on #9, and this ledger ends at #6: it is an older copy, or entries were removed from "
            "its end."
        ]


@pytest.mark.parametrize("told", [[], {"schema": "deal.log/1"}, {"schema": "deal.state/1", "on": "2025-01-01"}])
def test_what_is_no_answer_is_refused(ledger: Ledger, told):
    with pytest.raises(NotAnAnswer) as refused:
        list(check_answer(ledger, told))
    assert str(refused.value).endswith("Save one with deal show --json or deal share --json.")


def test_the_digest_is_that_of_the_lines_of_the_books(ledger: Ledger):
    from projections.replay import books_line

    books = [books_line(slug, ledger.history(slug)) for slug in ("acme-bolt", "nur")]
    assert f"sha256:{sha256(b''.join(books)).hexdigest()}" == DIGEST
