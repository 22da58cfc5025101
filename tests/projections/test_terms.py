"""Terms of agreements: what an amendment shortens ends, a new term keeps its first day, and a lapse is empty."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ledger.calendar import Span
from ledger.errors import KeyOfUndone, NothingToRenew, OutsideTheTerm
from ledger.form import draft_of
from projections.lines import computable
from projections.point import Point
from projections.portfolio import portfolio
from projections.settlement.drafts import settle
from projections.state import state
from projections.upcoming import upcoming
from projections.why import why
from tests.desk import Desk, form

DEAL = "acme-bolt"


def opened(**more: Any) -> dict[str, Any]:
    return form("open", "2020-01-01", **{"party": ["Acme", "Bolt"], **more})


def share(rate: str, span: str = "") -> str:
    return f"Acme -> Bolt as share: {rate}% of revenue every year{span}"


def point(desk: Desk, on: str, **more: Any) -> Point:
    return Point(date.fromisoformat(on), None, desk.ledger.entries.head(), **more)


def shown(desk: Desk, on: str, **more: Any) -> dict[str, Any]:
    """The deal on a day; the portfolio, which is asked in another way, says the same."""
    at = point(desk, on, **more)
    answer = state(DEAL, desk.ledger.history(DEAL), at).json()
    rows = [{"deal": DEAL, **clause} for clause in answer["clauses"] if clause["kind"] == "pays"]
    assert sorted(portfolio(desk.ledger, at)["rows"], key=lambda row: row["key"]) == sorted(
        rows, key=lambda r: r["key"]
    )
    return answer


def rate(desk: Desk, on: str, key: str = "share", **more: Any) -> str | None:
    found = [clause["rate"] for clause in shown(desk, on, **more)["clauses"] if clause["key"] == key]
    return found[0] if found else None


def hints(desk: Desk, given: dict[str, Any]) -> list[str]:
    return list(desk.ledger.tell([draft_of(given)]).hints())


# --- a clause that an amendment shortens ----------------------------------------------------------------------

SHORTENED = [
    ("through its own last day", {}, share("20", " through 2032-12-31"), share("20", " through 2030-12-31")),
    ("through the term", {"term": "2020..2030"}, share("20", " through 2032-12-31"), share("20")),
    ("where the first version survives", {"term": "2020..2030"}, share("20", " survives"), share("20")),
]


@pytest.mark.parametrize(("how", "more", "first", "second"), SHORTENED, ids=[row[0] for row in SHORTENED])
def test_what_an_amendment_shortens_ends(how, more, first, second, tmp_path: Path):
    desk = Desk(tmp_path, opened(pays=first, **more))
    again = form("amend", "2025-04-27", pays=second)
    [hint] = hints(desk, again)
    assert hint.startswith("After 2030-12-31 nothing holds under 'share': #1, which ")
    assert hint.endswith("does not come back. If it should, write 'then as before' behind the clause.")
    desk.tell(again)
    assert [rate(desk, day) for day in ("2025-04-26", "2030-12-31", "2031-01-01", "2032-12-31")] == [
        "0.20", "0.20", None, None,
    ]  # fmt: skip


def test_what_an_amendment_shortens_until_a_condition_ends_with_it(tmp_path: Path):
    desk = Desk(tmp_path, opened(pays=share("20")), form("amend", "2021-01-01", pays=share("10", " until launch")))
    desk.tell(form("met", "2022-01-01", condition="launch", on="2022-01-01"))
    assert [rate(desk, day) for day in ("2021-12-31", "2022-01-01")] == ["0.10", None]


def test_then_as_before_brings_back_what_was_replaced(tmp_path: Path):
    desk = Desk(tmp_path, opened(pays=share("20")))
    waiver = form("amend", "2021-01-01", pays=share("10", " through 2021-12-31 then as before"))
    assert hints(desk, waiver) == []
    desk.tell(waiver)
    assert [rate(desk, day) for day in ("2020-12-31", "2021-12-31", "2022-01-01")] == ["0.20", "0.10", "0.20"]


def test_a_step_that_was_agreed_for_later_days_stands(tmp_path: Path):
    steps = [share("20", " through 2027-12-31"), share("15", " from 2028-01-01")]
    desk = Desk(tmp_path, opened(pays=steps))
    desk.tell(form("amend", "2025-06-01", pays=share("18", " through 2027-12-31")))
    assert [rate(desk, day) for day in ("2025-06-01", "2027-12-31", "2028-01-01")] == ["0.18", "0.18", "0.15"]


def test_a_drop_through_a_day_suspends(tmp_path: Path):
    desk = Desk(tmp_path, opened(pays=share("20")))
    desk.tell(form("amend", "2021-01-01", drop="share from 2021-01-01 through 2021-12-31"))
    assert [rate(desk, day) for day in ("2021-12-31", "2022-01-01")] == [None, "0.20"]


def test_a_correction_of_what_shortened_brings_back_what_it_ended(tmp_path: Path):
    desk = Desk(tmp_path, opened(pays=share("20")), form("amend", "2021-01-01", pays=share("10", " through 2021")))
    assert rate(desk, "2022-01-01") is None
    desk.tell(form("correct", entry=2, reason="slip", pays=share("10", " through 2021 then as before")))
    assert rate(desk, "2022-01-01") == "0.20"


def test_through_is_the_last_day_on_which_a_clause_holds_and_what_it_says_is_another(tmp_path: Path):
    desk = Desk(tmp_path, opened(term="2020-01-01..2032-12-31", pays=share("20")))
    desk.tell(form("amend", "2025-04-27", pays=share("10")))
    [clause] = shown(desk, "2025-03-01")["clauses"]
    assert (clause["through"], clause["holds_through"]) == ("2032-12-31", "2025-04-26")
    [clause] = shown(desk, "2025-04-27")["clauses"]
    assert (clause["through"], clause["holds_through"]) == ("2032-12-31", "2032-12-31")


# --- a new term -----------------------------------------------------------------------------------------------

TERM = {"term": "2020-01-01..2021-12-31"}
NUMBER = "Acme -> Bolt as fee: 1000 * number(contract year) every year from 07-01"


def test_a_new_term_keeps_its_first_day_and_the_lapse_is_empty(tmp_path: Path):
    desk = Desk(tmp_path, opened(pays=[share("20"), "Acme -> Bolt as old: 1% of revenue every year"], **TERM))
    desk.tell(form("amend", "2023-05-20", term="2023-07-01..2025-12-31", pays=share("10")))
    days = ("2021-12-31", "2022-01-01", "2023-06-30", "2023-07-01", "2025-12-31", "2026-01-01")
    assert [rate(desk, day) for day in days] == ["0.20", None, None, "0.10", "0.10", None]
    assert [rate(desk, day, "old") for day in days] == ["0.01", None, None, None, None, None]
    assert [shown(desk, day)["status"] for day in days] == [
        "in force", "expired", "expired", "in force", "in force", "expired",
    ]  # fmt: skip
    assert [shown(desk, day)["term"]["from"] for day in days] == ["2020-01-01"] * 3 + ["2023-07-01"] * 3


def test_what_begins_in_a_lapse_begins_with_the_next_term(tmp_path: Path):
    desk = Desk(tmp_path, opened(pays=share("20"), **TERM))
    desk.tell(form("amend", "2022-05-20", **{"from": "2022-06-01"}, term="2022-07-01..2025", pays=share("10")))
    assert [rate(desk, day) for day in ("2022-06-01", "2022-06-30", "2022-07-01")] == [None, None, "0.10"]
    told = why(DEAL, desk.ledger.history(DEAL), "term", point(desk, "2023-01-01"))
    assert [verdict["verdict"] for verdict in told["verdicts"]] == ["over", "holds"]


@pytest.mark.parametrize("first", ["2022-01-01", "2021-06-01"])
def test_a_term_that_adjoins_or_overlaps_carries_on_what_is_not_said_anew(first, tmp_path: Path):
    desk = Desk(tmp_path, opened(pays=share("20"), **TERM))
    desk.tell(form("amend", "2021-05-01", term=f"{first}..2025-12-31", right="Bolt as audit: audit"))
    assert [rate(desk, day) for day in ("2021-12-31", "2022-01-01", "2025-12-31", "2026-01-01")] == [
        "0.20", "0.20", "0.20", None,
    ]  # fmt: skip


def test_an_extension_carries_on_every_clause_without_an_end(tmp_path: Path):
    desk = Desk(tmp_path, opened(pays=share("20"), **TERM), form("extend", "2021-12-01", through="2023"))
    assert [rate(desk, day) for day in ("2022-06-30", "2024-01-01")] == ["0.20", None]


def test_a_renewal_carries_on_what_was_in_force_after_the_lapse(tmp_path: Path):
    own = "Acme -> Bolt as own: 1% of revenue every year through 2021-12-31"
    desk = Desk(tmp_path, opened(pays=[share("20"), own], **TERM))
    desk.tell(form("renew", "2022-05-01", term="2022-07-01..2024-06-30"))
    desk.tell(form("amend", "2021-06-01", pays=share("18")))  # entered late, and carried on all the same
    days = ("2021-12-31", "2022-01-01", "2022-06-30", "2022-07-01", "2024-06-30", "2024-07-01")
    assert [rate(desk, day) for day in days] == ["0.18", None, None, "0.18", "0.18", None]
    assert rate(desk, "2022-07-01", "own") is None
    [clause] = shown(desk, "2022-07-01")["clauses"]
    assert (clause["from"], clause["through"], clause["entries"]) == ("2022-07-01", "2024-06-30", [2, 3])


def test_a_renewal_may_change_and_drop_what_it_carries_on(tmp_path: Path):
    desk = Desk(tmp_path, opened(pays=[share("20"), "Acme -> Bolt as old: 1% of revenue every year"], **TERM))
    desk.tell(form("renew", "2022-05-01", term="2022-07-01..2024-06-30", pays=share("25"), drop="old"))
    assert (rate(desk, "2022-07-01"), rate(desk, "2022-07-01", "old")) == ("0.25", None)


def test_contract_years_count_anew_from_a_new_term(tmp_path: Path):
    old = form("open", "1999-01-20", party=["Acme", "Bolt"], term="1999-01-20..2004-06-30", pays=NUMBER)
    desk = Desk(tmp_path, old, form("amend", "2023-06-20", term="2023-07-01..2030-06-30", pays=NUMBER))
    entries, at = desk.ledger.history(DEAL), point(desk, "2024-07-01")

    def owed(first: str, end: str) -> list[Decimal | None]:
        days = Span(date.fromisoformat(first), date.fromisoformat(end))
        return [due.amount for draft in settle(DEAL, entries, days, at, at.on) for due in draft.statement.dues]

    assert owed("2003-07-01", "2004-07-01") == [Decimal("6000.00")]
    assert owed("2023-07-01", "2024-07-01") == [Decimal("1000.00")]
    assert owed("2010-07-01", "2011-07-01") == []
    found = computable(DEAL, entries, at, day_by_day=True)
    assert found.starts == (date(1999, 1, 20), date(2023, 7, 1))


def test_contract_years_count_anew_where_there_was_no_term_before(tmp_path: Path):
    desk = Desk(tmp_path, form("open", "1999-01-20", party=["Acme", "Bolt"], pays=NUMBER))
    desk.tell(form("amend", "2023-06-20", term="2023-07-01..2030-06-30"))
    found = computable(DEAL, desk.ledger.history(DEAL), point(desk, "2024-01-01"), day_by_day=True)
    assert found.starts == (date(1999, 1, 20), date(2023, 7, 1))


BEFORE = [
    (
        form("amend", "2023-05-20", term="2023-07-01..2025-12-31", pays=share("10")),
        "The term before ends on 2021-12-31: nothing is in force 2022-01-01 to 2023-06-30. What was in force then is "
        "over; to carry it on, say deal renew acme-bolt instead. Contract years count anew from 2023-07-01.",
    ),
    (
        form("amend", "2021-05-20", term="2022-01-01..2025-12-31", pays=share("10")),
        "Contract years count anew from 2022-01-01. To move only the end of the term, say: --term 2025-12-31",
    ),
    (
        form("extend", "2022-02-01", through="2025"),
        "The term had ended on 2021-12-31; it goes on without a gap. For a new term from a later day: deal renew "
        "acme-bolt --term FIRST_DAY..LAST_DAY",
    ),
]


@pytest.mark.parametrize(("given", "hint"), BEFORE)
def test_what_a_term_brings_is_said_before_it_is_recorded(given, hint, tmp_path: Path):
    assert hints(Desk(tmp_path, opened(pays=share("20"), **TERM)), given) == [hint]


@pytest.mark.parametrize("word", ["amend", "interim", "plan"])
def test_what_would_never_hold_is_refused(word, tmp_path: Path):
    desk = Desk(tmp_path, opened(pays=share("20"), **TERM))
    with pytest.raises(OutsideTheTerm) as refused:
        desk.tell(form(word, "2022-02-01", **{"from": "2022-03-01"}, pays=share("10")))
    assert str(refused.value) == (
        "'share' begins on 2022-03-01, and the term of acme-bolt ended on 2021-12-31, so that it would never hold. "
        "Begin a new term with it: --term 2022-03-01..LAST_DAY; or carry on all that was in force: deal renew "
        "acme-bolt --term 2022-03-01..LAST_DAY; or give it a last day of its own, or 'survives'."
    )
    desk.tell(form(word, "2022-02-01", term="2022-03-01..2023", pays=share("10")))


def test_only_a_term_can_be_renewed(tmp_path: Path):
    with pytest.raises(NothingToRenew) as refused:
        Desk(tmp_path, opened(pays=share("20")), form("renew", "2022-02-01", term="2022-03-01..2023"))
    assert str(refused.value) == (
        "acme-bolt has no term that a new one could follow. Set one with: deal amend acme-bolt --term A..B"
    )


# --- conditions, plans, evidence, keys ------------------------------------------------------------------------


def test_a_condition_on_the_term_shows_everywhere(tmp_path: Path):
    desk = Desk(tmp_path, opened(term="until agi-verified", pays=share("20")))
    answer = shown(desk, "2031-06-30")
    assert answer["term"] == {"from": "2020-01-01", "through": None, "until": "agi-verified"}
    assert answer["clauses"][0]["until"] == "agi-verified"
    entries, at = desk.ledger.history(DEAL), point(desk, "2031-06-30")
    told = why(DEAL, entries, "share", at)
    assert (told["holds"]["until"], told["ends_by"]) == ("agi-verified", "the term (#1)")
    [coming] = upcoming(DEAL, entries, at, Span(date(2031, 7, 1), date(2032, 7, 1)))
    assert (coming.key, coming.what, coming.day) == ("term", "waits for 'agi-verified'", None)


def test_a_plan_that_was_overruled_is_not_announced(tmp_path: Path):
    plan = form("plan", "2020-02-01", pays=share("10", " from 2031-08-01 through 2036-07-31"))
    desk = Desk(tmp_path, opened(), plan)
    days = Span(date(2031, 7, 2), date(2031, 9, 1))
    assert [c.what for c in upcoming(DEAL, desk.ledger.history(DEAL), point(desk, "2031-07-01"), days)] == ["plan due"]
    desk.tell(form("amend", "2020-03-01", pays=share("5")))
    assert upcoming(DEAL, desk.ledger.history(DEAL), point(desk, "2031-07-01"), days) == []


def test_what_a_party_confirmed_is_not_hidden_by_a_report_of_the_opening(tmp_path: Path):
    desk = Desk(tmp_path, opened(evidence="reported", pays=share("20"), right="Bolt as audit: audit"))
    desk.tell(form("amend", "2023-11-14", pays=share("36")))
    answer = shown(desk, "2024-01-01", confirmed_only=True)
    assert [(clause["key"], clause["rate"]) for clause in answer["clauses"]] == [("share", "0.36")]
    assert answer["parties"] == ["Acme", "Bolt"]


@pytest.mark.parametrize(
    ("given", "how"),
    [
        (form("void", entry=2, reason="not signed yet."), "void"),
        (form("correct", entry=2, reason="not signed yet", pays=share("11")), "corrected"),
    ],
)
def test_what_does_not_stand_any_more_is_not_recorded_before(given, how, tmp_path: Path):
    told = form("amend", "2021-01-01", pays=share("10"), key="a")
    desk = Desk(tmp_path, opened(pays=share("20")), told, given)
    with pytest.raises(KeyOfUndone) as refused:
        desk.tell(told)
    assert (str(refused.value), refused.value.exit_code) == (
        f"#2, recorded under the key 'a', is {how} by #3: not signed yet. To record the instrument anew, give it a key "
        "of its own; to bring #2 back, void #3.",
        5,
    )


def test_a_file_that_undoes_what_it_says_is_recorded_once(tmp_path: Path):
    told = form("amend", "2021-01-01", pays=share("10"), key="a")
    undone = form("void", entry="a", reason="slip", key="b")
    desk = Desk(tmp_path, opened(pays=share("20")))
    drafts = [draft_of(told), draft_of(undone)]
    desk.ledger.record(drafts, "desk")
    assert [one.already for one in desk.ledger.record(drafts, "desk")] == [True, True]
