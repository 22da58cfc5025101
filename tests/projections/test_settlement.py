"""Statements that follow one another: what is carried, counted, taken back and divided, by example."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from ledger.batch import Draft
from ledger.events import StatementIssued, TrueUp
from ledger.form import draft_of
from projections.settlement.trueups import Key, Replay, Said
from tests.cases.office import Office, owed, trued_up

SHARE = "Acme -> Bolt as share: 20% of revenue every quarter"
QUARTERS = ("2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4")


def office(folder: Path, sheet: str = SHARE, reported: tuple[str, ...] = (), **more: object) -> Office:
    """A deal of which 1,000 of revenue was reported for each of these periods."""
    found = Office(folder, sheet, "2025-01-01", "Acme", "Bolt", "Cargo", "Nord", **more)
    for period in reported:
        found.enter("report", "2025-04-02", period=period, figure="revenue=1_000")
    return found


def only(stated: dict[str, StatementIssued]) -> StatementIssued:
    (statement,) = stated.values()
    return statement


def receipts(statement: StatementIssued) -> list[tuple[int, str, bool]]:
    return [(one.entry, str(one.amount), one.undone) for one in statement.receipts]


# --- payments ---------------------------------------------------------------------------------------------


def test_a_payment_is_counted_once_by_the_next_statement(tmp_path):
    desk = office(tmp_path, reported=QUARTERS)
    first = only(desk.issue("2025-Q1"))
    paid = desk.enter("pay", "2025-05-01", statement=6, amount="150").entry.position
    second, third = (only(desk.issue(period)) for period in QUARTERS[1:3])
    assert [receipts(statement) for statement in (first, second, third)] == [[], [(paid, "150.00", False)], []]
    assert [str(statement.closing) for statement in (first, second, third)] == ["200.00", "250.00", "450.00"]


def test_a_payment_that_was_counted_and_voided_is_taken_back(tmp_path):
    desk = office(tmp_path, reported=QUARTERS)
    desk.issue("2025-Q1")
    paid = desk.enter("pay", "2025-05-01", statement=6, amount="150").entry.position
    desk.issue("2025-Q2")
    desk.ledger.record([_void(paid)], "Dana")
    third = only(desk.issue("2025-Q3"))
    assert receipts(third) == [(paid, "-150.00", True)]
    assert str(third.closing) == "600.00"


def test_a_payment_that_stands_again_is_counted_anew(tmp_path):
    desk = office(tmp_path, reported=QUARTERS)
    desk.issue("2025-Q1")
    paid = desk.enter("pay", "2025-05-01", statement=6, amount="150").entry.position
    desk.issue("2025-Q2")
    mended = desk.enter("correct", "2025-05-01", entry=paid, amount="140", reason="slip").entry.position
    third = only(desk.issue("2025-Q3"))
    assert receipts(third) == [(mended, "140.00", False), (paid, "-150.00", True)]
    desk.ledger.record([_void(mended)], "Dana")
    last = only(desk.issue("2025-Q4"))
    assert receipts(last) == [(paid, "150.00", False), (mended, "-140.00", True)]
    assert str(last.closing) == "650.00"


def _void(position: int) -> Draft:
    return draft_of({"event": "void", "deal": "contract", "entry": position, "reason": "slip"})


# --- what is carried --------------------------------------------------------------------------------------


def test_a_quarter_that_was_left_out_is_carried(tmp_path):
    desk = office(tmp_path, reported=QUARTERS[:3])
    desk.issue("2025-Q1")
    third = only(desk.issue("2025-Q3"))
    assert [(one.clause, str(one.start), one.stated, str(one.amount)) for one in third.true_ups] == [
        ("share", "2025-04-01", None, "200.00")
    ]
    assert third.true_ups[0].causes[0].says == "never stated before"
    assert str(third.closing) == "600.00"


def test_what_an_earlier_version_computed_otherwise_is_not_called_unstated():
    """No entry came between: 1,400 was stated, and the same entries come to 700 now."""
    key = Key("share", "Acme", "Bolt", "USD", date(2025, 3, 1), date(2025, 3, 31))
    replay = Replay((), lambda position: {key: Decimal(700)}, recorded=4)
    causes = replay.causes(key, Said(Decimal(1_400), position=3, statement=4), Decimal(700))
    assert [(cause.amount, cause.says) for cause in causes] == [(-700, "computed by other rules in an earlier version")]


def test_two_late_entries_are_two_causes(tmp_path):
    desk = office(tmp_path, reported=QUARTERS[:2])
    desk.issue("2025-Q1")
    restated = desk.enter("restate", "2025-05-01", figure="revenue[2025-Q1]=900").entry.position
    rate = "Acme -> Bolt as share: 25% of revenue every quarter"
    amended = desk.enter("amend", "2025-05-02", from_="2025-01-01", pays=rate).entry.position
    second = only(desk.issue("2025-Q2"))
    assert trued_up(second) == [("share", "2025-01-01", "25.00", [("-20.00", restated), ("45.00", amended)])]


def test_an_amendment_to_the_same_words_is_no_true_up(tmp_path):
    desk = office(tmp_path, "Acme -> Bolt as hosting: 500 every month")
    desk.issue("2025-03")
    desk.enter(
        "amend", "2025-04-02", from_="2025-03-16", pays="Acme -> Bolt as hosting: 500 every month within 10 days"
    )
    april = only(desk.issue("2025-04"))
    assert (april.true_ups, owed(april, "hosting"), str(april.closing)) == ((), ["500.00"], "1000.00")


def test_what_is_paid_once_is_in_one_statement(tmp_path):
    desk = office(tmp_path, f"{SHARE}\nAcme -> Bolt as entry: 100 once", reported=QUARTERS[:2])
    first, second = (only(desk.issue(period)) for period in QUARTERS[:2])
    assert [due.clause for due in first.dues] == ["entry", "share"]
    assert [due.clause for due in second.dues] == ["share"]


def test_a_flow_that_was_withdrawn_pays_nothing_to_a_formula_that_names_it(tmp_path):
    sheet = (
        "Acme -> Bolt as charge: pledges + processing every month\n"
        "Acme -> Bolt as processing: 5% of pledges every month"
    )
    desk = office(tmp_path, sheet)
    desk.enter("amend", "2025-02-01", drop="processing")
    for period in ("2025-01", "2025-03"):
        desk.enter("report", "2025-04-02", period=period, figure="pledges=100")
    drafts = [desk.drafts(period)[0].statement for period in ("2025-01", "2025-03")]
    assert [owed(statement, "charge") for statement in drafts] == [["105.00"], ["100.00"]]


def test_a_refund_that_is_added_to_the_day_of_its_sale_is_priced_as_the_sale_was(tmp_path):
    desk = office(tmp_path, "Acme -> Bolt as share: 10% of revenue every quarter")
    desk.enter("amend", "2025-03-15", from_="2025-04-01", pays="Acme -> Bolt as share: 15% of revenue every quarter")
    desk.enter("report", "2025-04-01", figure="revenue[2025-02-01]=1_000")
    desk.issue("2025-Q1")
    desk.enter("report", "2025-07-01", figure="revenue[2025-Q2]=0")
    refund = desk.enter("add", "2025-07-02", figure="revenue[2025-02-01]=-1_000").entry.position
    assert trued_up(only(desk.issue("2025-Q2"))) == [("share", "2025-01-01", "-100.00", [("-100.00", refund)])]


def test_what_goes_and_comes_back_is_no_true_up(tmp_path):
    desk = office(tmp_path, reported=QUARTERS[:2])
    desk.issue("2025-Q1")
    restated = desk.enter("restate", "2025-05-01", figure="revenue[2025-Q1]=900").entry.position
    desk.ledger.record([_void(restated)], "Dana")
    assert only(desk.issue("2025-Q2")).true_ups == ()


def test_what_was_known_only_later_is_the_cause_of_what_it_changes(tmp_path):
    desk = office(tmp_path, reported=QUARTERS[:2])
    restated = desk.enter("restate", "2025-05-01", figure="revenue[2025-Q1]=900").entry
    (draft,) = desk.drafts("2025-Q1", known="2025-04-30")
    desk.ledger.record([Draft("contract", draft.statement)], "Dana")
    assert owed(draft.statement, "share") == ["200.00"]
    (one,) = only(desk.issue("2025-Q2")).true_ups
    assert [(str(cause.amount), cause.entry, cause.says) for cause in one.causes] == [
        ("-20.00", None, f"known since: {restated}")
    ]


def test_a_payee_that_changed_is_taken_from_one_and_given_to_the_other(tmp_path):
    desk = office(tmp_path, reported=QUARTERS[:2])
    desk.issue("2025-Q1")
    change = "Acme -> Cargo as share: 20% of revenue every quarter"
    by = desk.enter("amend", "2025-05-01", from_="2025-03-02", pays=change).entry.position
    desk.issue("2025-Q2")
    found = {statement.payee: statement for statement in desk.issued()}
    assert trued_up(found["Bolt"]) == [("share", "2025-01-01", "-66.67", [("-66.67", by)])]
    assert trued_up(found["Cargo"]) == [("share", "2025-01-01", "66.67", [("66.67", by)])]
    assert owed(found["Cargo"], "share") == ["200.00"]


def test_a_report_that_was_voided_leaves_what_was_stated_and_says_what_is_missing(tmp_path):
    desk = office(tmp_path, reported=QUARTERS[:2])
    desk.issue("2025-Q1")
    desk.ledger.record([_void(2)], "Dana")
    second = only(desk.issue("2025-Q2"))
    (one,) = second.true_ups
    assert (str(one.stated), one.now, one.amount, one.missing) == ("200.00", None, None, ("revenue for 2025-Q1",))
    assert str(second.closing) == "400.00"


# --- currencies -------------------------------------------------------------------------------------------


def test_the_currency_of_what_was_stated_stays(tmp_path):
    desk = office(tmp_path, reported=QUARTERS[:1])
    assert only(desk.issue("2025-Q1")).currency == "USD"
    desk.report("2025-Q2", "revenue=1_000 EUR")
    (draft,) = desk.drafts("2025-Q2")
    assert (draft.statement.currency, draft.statement.true_ups) == ("USD", ())
    assert draft.statement.dues[0].missing == ("the rate EUR/USD on 2025-06-30",)
    desk.enter("rate", "2025-07-01", pair="EUR/USD", rate="1.10", period="2025-Q2")
    assert owed(only(desk.issue("2025-Q2")), "share") == ["220.00"]


def test_the_currency_of_a_deal_is_the_first_that_was_reported(tmp_path):
    desk = office(tmp_path)
    desk.report("2025-Q1", "revenue=1_000 EUR")
    statement = only(desk.issue("2025-Q1"))
    assert (statement.currency, owed(statement, "share")) == ("EUR", ["200.00"])


@pytest.mark.parametrize("how", ["restate", "void and report", "restate beside another"])
def test_what_was_stated_in_a_currency_stays_in_it_whatever_becomes_of_the_report(tmp_path, how):
    desk = office(tmp_path)
    first = desk.report("2025-Q1", "revenue=1_000 EUR").entry.position
    if how == "restate beside another":
        desk.report("2025-Q1", "units=7 JPY")
    desk.issue("2025-Q1")
    if how == "void and report":
        desk.ledger.record([_void(first)], "Dana")
        desk.report("2025-Q1", "revenue=900 EUR")
    else:
        desk.enter("restate", figure="revenue[2025-Q1]=900 EUR")
    desk.report("2025-Q2", "revenue=500 EUR")
    (second,) = [draft.statement for draft in desk.drafts("2025-Q2")]
    assert (second.currency, owed(second, "share")) == ("EUR", ["100.00"])
    assert [str(one.amount) for one in second.true_ups] == ["-20.00"]


def test_a_currency_is_not_decided_by_a_statement_that_has_no_amount(tmp_path):
    desk = office(tmp_path)
    desk.issue("2025-Q1")  # nothing is reported yet: a line that says so, in the currency that is usual
    desk.report("2025-Q1", "revenue=1_000 EUR")
    desk.report("2025-Q2", "revenue=500 EUR")
    (second,) = [draft.statement for draft in desk.drafts("2025-Q2") if draft.statement.closing]
    assert (second.currency, str(second.closing)) == ("EUR", "300.00")


def test_the_shortest_period_of_a_rate_goes_before_longer_ones(tmp_path):
    desk = office(tmp_path, SHARE + " in USD")
    desk.report("2025-Q1", "revenue=1_000 EUR")
    for rate, period in (("1.20", "2025-03-31"), ("1.10", "2025-Q1"), ("1.30", "2025")):
        desk.enter("rate", "2025-12-31", pair="EUR/USD", rate=rate, period=period)
    (draft,) = desk.drafts("2025-Q1")
    assert owed(draft.statement, "share") == ["240.00"]


def test_a_rate_is_taken_the_other_way_where_there_is_no_other(tmp_path):
    desk = office(tmp_path, SHARE + " in USD")
    desk.report("2025-Q1", "revenue=1_000 EUR")
    desk.enter("rate", "2025-12-31", pair="USD/EUR", rate="0.8", period="2025-Q1")
    (draft,) = desk.drafts("2025-Q1")
    assert owed(draft.statement, "share") == ["250.00"]


# --- pools ------------------------------------------------------------------------------------------------


def test_the_members_of_a_pool_are_those_of_the_day(tmp_path):
    pool = "Acme -> makers as share: 20% of revenue every quarter"
    desk = office(tmp_path, pool, pool="makers: Bolt 1/2, Cargo")
    desk.enter("partner add", "2025-02-01", from_="2025-03-02", party="Nord", pool="makers", part="1/3")
    desk.report("2025-Q1", revenue="900")
    statement = only(desk.issue("2025-Q1"))
    (due,) = statement.dues
    assert str(due.amount) == "180.00"
    said = [(m.party, m.part, m.amount and str(m.amount), m.at_most and str(m.at_most)) for m in due.members]
    # Of 120.00 for 60 days, then 60.00 for 30 days.
    assert said == [("Bolt", "1/2", "90.00", None), ("Cargo", None, None, "70.00"), ("Nord", "1/3", "20.00", None)]


def test_what_no_member_was_given_is_not_lost(tmp_path):
    desk = office(tmp_path, "Acme -> makers as share: 20% of revenue every quarter", pool="makers: Bolt 60%, Cargo")
    desk.report("2025-Q1", revenue="100.05")
    (due,) = only(desk.issue("2025-Q1")).dues
    assert [(m.party, m.amount and str(m.amount), m.at_most and str(m.at_most)) for m in due.members] == [
        ("Bolt", "12.01", None),
        ("Cargo", None, "8.00"),
    ]


def test_the_difference_of_a_pool_is_divided_as_well(tmp_path):
    pool = "Acme -> makers as share: 20% of revenue every quarter"
    desk = office(tmp_path, pool, QUARTERS, pool="makers: Bolt 60%, Cargo 20%, Nord")
    desk.issue("2025-Q1")
    desk.enter("restate", "2025-05-01", figure="revenue[2025-Q1]=900.05")
    (second,) = only(desk.issue("2025-Q2")).true_ups
    assert (str(second.amount), divided(second)) == ("-19.99", ["Bolt -11.99", "Cargo -4.00", "Nord None"])
    assert desk.issue("2025-Q3")["Acme"].true_ups == ()


def test_a_member_that_was_forgotten_gets_its_part_though_the_pool_s_amount_stays(tmp_path):
    pool = "Acme -> makers as share: 20% of revenue every quarter"
    desk = office(tmp_path, pool, QUARTERS, pool="makers: Bolt 60%, Cargo 20%")
    desk.issue("2025-Q1")
    desk.enter("partner add", "2025-05-01", from_="2025-02-15", party="Nord", pool="makers", part="20%")
    (second,) = only(desk.issue("2025-Q2")).true_ups
    assert (str(second.amount), second.causes, divided(second)) == ("0.00", (), ["Nord 20.00"])
    assert desk.issue("2025-Q3")["Acme"].true_ups == ()


def test_a_difference_is_not_divided_where_nobody_had_said_who_the_members_are(tmp_path):
    pool = "Acme -> makers as share: 20% of revenue every quarter"
    desk = office(tmp_path, pool, QUARTERS, pool="makers")
    desk.issue("2025-Q1")
    desk.enter("partner add", "2025-05-01", from_="2025-01-01", party="Nord", pool="makers", part="20%")
    desk.enter("restate", "2025-05-01", figure="revenue[2025-Q1]=900")
    (second,) = only(desk.issue("2025-Q2")).true_ups
    assert (str(second.amount), second.members) == ("-20.00", ())


def divided(one: TrueUp) -> list[str]:
    return [f"{member.party} {member.amount}" for member in one.members]


def test_a_breakdown_does_not_stand_in_for_a_total_that_has_no_rate(tmp_path):
    desk = office(tmp_path, SHARE + " in EUR")
    desk.enter("report", "2025-04-02", period="2025-Q1", figure="revenue=1_000 USD")
    desk.enter("report", "2025-04-02", period="2025-Q1", figure="revenue[product=api]=300 EUR")
    (draft,) = desk.drafts("2025-Q1")
    (due,) = draft.statement.dues
    assert (due.amount, due.missing) == (None, ("the rate USD/EUR on 2025-03-31",))


def test_a_rate_is_noted_once_for_all_that_was_converted_at_it(tmp_path):
    desk = office(tmp_path, SHARE + " in EUR")
    rate = desk.enter("rate", "2025-04-03", pair="EUR/USD", rate="1.25", period="2025-Q1").entry.position
    days = [f"revenue[2025-01-{day:02}]=10 USD" for day in range(1, 31)]
    desk.enter("report", "2025-04-02", figure=days)
    (draft,) = desk.drafts("2025-Q1")
    (due,) = draft.statement.dues
    note = f"revenue for 2025-01-01 to 2025-01-30: 300 USD at 1.25 EUR/USD (#{rate}) = 240 EUR"
    assert (str(due.amount), due.notes) == ("48.00", (note,))
