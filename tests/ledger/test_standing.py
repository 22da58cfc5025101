"""What a deal's books say now, kept up entry by entry, is what reading all entries anew says."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from ledger import undoing
from ledger.deal import Deal
from ledger.errors import NotAPlan, PlanIsDone
from ledger.events import DealOpened, EntryVoided, PartnerAdded, PlanAdopted, PlanAnnounced, Right, correction
from ledger.standing import Standing
from tests.benchmarks.generator import Shape, Story

TODAY = date(2025, 6, 1)
ACCESS = Right(start=TODAY, holder="Acme", text="access")


def announced() -> Deal:
    deal = Deal("acme-bolt")
    deal.tell(DealOpened(dated=TODAY, title="Acme and Bolt", parties=("Acme", "Bolt")), TODAY)
    deal.tell(PlanAnnounced(dated=TODAY, clauses=(ACCESS,)), TODAY)
    return deal


def test_a_plan_that_was_adopted_cannot_be_voided():
    deal = announced()
    deal.tell(PlanAdopted(dated=TODAY, plan_version=2, clauses=(ACCESS,)), TODAY)
    with pytest.raises(PlanIsDone):
        deal.tell(EntryVoided(entry_version=2, reason="never announced"), TODAY)


def test_a_voided_correction_of_a_plan_is_no_plan():
    deal = announced()
    deal.tell(correction(2, "a typing error", PlanAnnounced(dated=TODAY, note="read again", clauses=(ACCESS,))), TODAY)
    deal.tell(EntryVoided(entry_version=3, reason="the first was right"), TODAY)
    with pytest.raises(NotAPlan):
        deal.tell(PlanAdopted(dated=TODAY, plan_version=3, clauses=(ACCESS,)), TODAY)


def said(standing: Standing) -> dict[str, object]:
    names = ("facts", "places", "concluded", "parties", "pools", "kinds", "flows", "shares", "conditions")
    lines = (standing.in_force.timelines, standing.with_plans.timelines)
    return {name: getattr(standing, name) for name in names} | {
        "lines": [{key: list(line.spans()) for key, line in kept.items()} for kept in lines]
    }


@pytest.mark.parametrize("number", range(5))
def test_taking_entries_one_by_one_is_reading_them_all(number):
    shape = Shape(instruments=60, voids=0.05, corrections=0.05, plans=0.2, conditions=0.1, extensions=0.1)
    story, deal = Story(number, shape), Deal("any")
    for _ in range(shape.instruments):
        deal.tell(story.next(), TODAY)
        assert said(deal.standing) == said(Standing("any", deal.entries))


def test_an_entry_is_corrected_again_as_if_it_had_never_been_made():
    """The partner who joined is not in its own way, however often the day is corrected."""
    deal = Deal("acme-bolt")
    deal.tell(DealOpened(dated=TODAY, title="Acme and Bolt", parties=("Acme", "Bolt")), TODAY)
    joined = [PartnerAdded(dated=TODAY, party="Cato", start=TODAY - timedelta(days=days)) for days in (3, 2, 1)]
    deal.tell(joined[0], TODAY)
    deal.tell(correction(2, "a typing error", joined[1]), TODAY)
    deal.tell(correction(3, "another one", joined[2]), TODAY)
    (stay,) = deal.standing.in_force.timelines["party Cato"].spans()
    assert stay[0].start == joined[2].start
    assert said(deal.standing) == said(Standing("acme-bolt", deal.entries))


@pytest.mark.parametrize("number", range(5))
def test_what_is_checked_in_part_is_whole(number):
    """A plain void or correction is checked for what it can break; all the rest holds without asking."""
    shape = Shape(instruments=60, voids=0.2, corrections=0.2, plans=0.2, partners=0.2)
    story, deal = Story(number, shape), Deal("any")
    for _ in range(shape.instruments):
        deal.tell(story.next(), TODAY)
        undoing.check_places(deal.standing, "")
        undoing.check_whole(deal.standing, "")
