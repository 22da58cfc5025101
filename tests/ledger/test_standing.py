"""What a deal's books say now, kept up entry by entry, is what reading all entries anew says."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.deal import Deal
from ledger.errors import NotAPlan, PlanIsDone
from ledger.events import DealOpened, EntryVoided, PlanAdopted, PlanAnnounced, Right, correction
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
