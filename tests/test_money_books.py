"""Statements of a real ledger against the oracle's settler; and settling as one goes against settling once."""

from __future__ import annotations

import tempfile
from fractions import Fraction
from pathlib import Path

from hypothesis import HealthCheck, given, settings

from tests.money.books import QUARTERS, Act, Books, books, entered, expected, quoted
from tests.money.settler import Statement
from tests.money.stories import EVERYTHING

told = settings(max_examples=8, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))


def said(statement: Statement) -> tuple[Fraction, list[Fraction | None], list[Fraction]]:
    return statement.closing, list(statement.dues.values()), sorted(statement.true_ups.values())


def stated(story: Books) -> list[tuple[Fraction, list[Fraction | None], list[Fraction]]]:
    with tempfile.TemporaryDirectory() as folder:
        return [
            (
                Fraction(one.closing),
                [None if due.amount is None else Fraction(due.amount) for due in one.dues],
                sorted(Fraction(up.amount) for up in one.true_ups if up.amount is not None),
            )
            for one in entered(Path(folder), story)
        ]


@told
@given(books(EVERYTHING))
def test_statements_say_what_the_settler_says(story: Books) -> None:
    assert stated(story) == [said(one) for one in expected(story)], story.told()


@told
@given(books(EVERYTHING))
def test_settling_as_one_goes_comes_to_what_settling_once_does(story: Books) -> None:
    facts = [act for act in story.acts if act.kind not in ("settle", "pay")]
    year = (QUARTERS[0][0], QUARTERS[-1][1])
    as_it_goes = stated(story._replace(acts=[*facts, *(Act("settle", period=q) for q in QUARTERS)]))
    at_once = stated(story._replace(acts=[*facts, Act("settle", period=year)]))
    assert as_it_goes[-1][0] == at_once[-1][0], story.told()


@told
@given(books(EVERYTHING))
def test_a_quotation_on_the_reports_says_what_a_settlement_says(story: Books) -> None:
    facts = [act for act in story.acts if act.kind not in ("settle", "pay")]
    year = (QUARTERS[0][0], QUARTERS[-1][1])
    with tempfile.TemporaryDirectory() as folder:
        told_ = quoted(Path(folder), story._replace(acts=facts), year)
    (settled,) = stated(story._replace(acts=[*facts, Act("settle", period=year)]))
    assert told_ == settled[1], story.told()
