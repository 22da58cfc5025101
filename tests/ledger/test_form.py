"""Forms: what a field may say, and the sentence where it says something else."""

# ruff: noqa: E501 - a refusal is compared whole, on one line

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from ledger.clauses import span_text, text_of
from ledger.errors import Refusal, RenewalNeedsAStart
from ledger.events import PartnerLeft, Pays, Right, Term
from ledger.form import FIELDS, draft_of
from tests.desk import form

PAYS = "Acme -> Bolt: 5% of revenue"


def amend(**fields: object) -> dict[str, object]:
    return form("amend", **({"dated": "2024-02-01"} | fields))


REFUSED = [
    (form("emend"), "'emend' is not a kind of entry. Write event = one of: " + ", ".join(FIELDS) + "."),
    ({}, "'' is not a kind of entry. Write event = one of: " + ", ".join(FIELDS) + "."),
    (amend(colour="red"), "'amend' has no field 'colour'. It has: " + ", ".join(FIELDS["amend"]) + "."),
    (form("amend", pays=PAYS), "'amend' needs 'dated'. Give --dated, or in a file dated = ..."),
    ({"event": "amend", "dated": "2024-02-01"}, "'amend' needs 'deal'. Give --deal, or in a file deal = ..."),
    (form("open", "2024-02-01"), "'open' needs 'party'. Give --party, or in a file party = ..."),
    (form("partner leave", "2024-02-01", party="Bolt"), "'partner leave' needs 'through'. Give --through, or in a file through = ..."),
    (form("extend", "2024-02-01"), "'extend' needs 'through'. Give --through, or in a file through = ..."),
    (amend(deal=5), "'deal' is '5', which is not understood. Give a text."),
    (amend(pays=5), "'pays' is '5', which is not understood. Give a text, or a list of texts."),
    (amend(pays=[PAYS, 5]), "'pays' is '5', which is not understood. Give a text, or a list of texts."),
    (amend(note=["a"]), "'note' is '['a']', which is not understood. Give a text."),
    (amend(survives="yes"), "'survives' is 'yes', which is not understood. Give true or false."),
    (amend(evidence="rumour"), "'evidence' is 'rumour', which is not understood. Give confirmed (by a party) or reported (by others)."),
    (amend(dated=datetime(2024, 2, 1, 12, tzinfo=UTC)), "'dated' is '2024-02-01 12:00:00+00:00', which is not understood. Give a day, for example 2025-01-21, without a time of day."),
    (amend(dated=time(7, 32)), "'dated' is '07:32:00', which is not understood. Give a day, for example 2025-01-21, without a time of day."),
    (amend(dated=1.5), "'dated' is '1.5', which is not understood. Give a day, for example 2025-01-21, without a time of day."),
    (amend(dated="2024-02-30"), "There is no day 2024-02-30 in the calendar. Check the month's length and write YYYY-MM-DD."),
    (amend(dated="1/2/2024"), "'1/2/2024' is not a day or a period. Write a day (2025-01-21), a month (2025-01), a quarter (2025-Q1), a half-year (2025-H1), a year (2025) or 'today'."),
    (amend(term="forever"), "'forever' is not a day or a period. Write a day (2025-01-21), a month (2025-01), a quarter (2025-Q1), a half-year (2025-H1), a year (2025) or 'today'."),
    (amend(term="from 2024-01-01"), "The term 'from 2024-01-01' has no end. Give its last day or the condition that ends it, for example 2019-07-22..2030-12-31, 2030 or 'until launch'; a deal that runs on needs no term."),
    (amend(source={"colour": "red"}), "'source' is '{'colour': 'red'}', which is not understood. Give publisher, title, published, address, quote (Object contains unknown field `colour`)."),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "sentence"), REFUSED, ids=[sentence[:60] for _, sentence in REFUSED])
def test_says_what_is_not_understood(asked, sentence):
    with pytest.raises(Refusal) as refused:
        draft_of(asked)
    assert str(refused.value) == sentence


def d(text: str) -> date:
    return date.fromisoformat(text)


SPANS = [
    ({}, d("2024-02-01"), None),
    ({"from": "2024-03-01"}, d("2024-03-01"), None),
    ({"from": d("2024-03-01"), "through": 2025}, d("2024-03-01"), d("2025-12-31")),
    ({"through": "2025"}, d("2024-02-01"), d("2025-12-31")),
    ({"from": "2024-Q2", "through": "2024-Q2"}, d("2024-04-01"), d("2024-06-30")),
    ({"from": "2024-02", "through": "2024-02"}, d("2024-02-01"), d("2024-02-29")),
    ({"pays": PAYS + " from 2024-05-01 through 2024-05-31", "through": "2030"}, d("2024-05-01"), d("2024-05-31")),
    ({"pays": PAYS + " from 2025"}, d("2025-01-01"), None),
]


@pytest.mark.parametrize(("fields", "start", "through"), SPANS)
def test_a_clause_has_its_own_days_or_those_of_the_instrument(fields, start, through):
    [clause] = draft_of(amend(**{"pays": PAYS, **fields})).event.clauses
    assert clause == Pays(payer="Acme", payee="Bolt", terms="5% of revenue", start=start, through=through)


def test_one_instrument_is_one_event_with_all_that_it_sets():
    event = draft_of(amend(pays=[PAYS], right="Acme as audit: audit until launch survives", drop="old", pool="p: A, B",
                           commits="Acme -> Bolt: 5m of services", term="through 2030")).event  # fmt: skip
    assert [clause.key for clause in event.clauses] == [
        "Acme -> Bolt", "audit", "Acme -> Bolt: 5m of services", "old", "member A of p", "member B of p", "term",
    ]  # fmt: skip
    assert event.pools == ("p",)
    assert event.clauses[1] == Right(
        holder="Acme", name="audit", text="audit", start=d("2024-02-01"), until="launch", survives=True
    )
    assert event.clauses[-1] == Term(start=d("2024-02-01"), through=d("2030-12-31"), extends=True)


def test_terms_are_kept_in_their_canonical_text():
    [clause] = draft_of(amend(pays="Acme->Bolt :  20  %  of   revenue  quarterly")).event.clauses
    assert clause.terms == "20% of revenue every quarter"


def test_who_leaves_is_gone_the_day_after():
    event = draft_of(form("partner leave", "2024-02-01", party="Bolt", through="2024-02-29")).event
    assert event == PartnerLeft(dated=d("2024-02-01"), party="Bolt", through=d("2024-02-29"))
    assert [clause.start for clause in event.sets()] == [d("2024-03-01")]


@pytest.mark.parametrize("text", ["2030", "2030-12-31", "through 2030"])
def test_a_term_that_says_only_its_end_moves_the_end(text):
    term = Term(start=d("2024-02-01"), through=d("2030-12-31"), extends=True)
    assert draft_of(amend(term=text)).event.clauses == (term,)


@pytest.mark.parametrize("text", ["2025-01-01..2030", "from 2025-01-01 through 2030", "2025..through 2030-12-31"])
def test_a_term_that_says_its_first_day_begins_on_it(text):
    assert draft_of(amend(term=text)).event.clauses == (Term(start=d("2025-01-01"), through=d("2030-12-31")),)


@pytest.mark.parametrize(
    ("dated", "more", "first"),
    [
        ("2010-06-30", {}, "2009-01-01"),
        ("2008-06-30", {}, "2009-01-01"),
        ("2008-06-30", {"from": "2008-07-01"}, "2008-07-01"),
        ("2008-06-30", {"term": "2012"}, "2008-06-30"),
    ],
)
def test_the_clauses_begin_with_the_term_wherever_they_do_not_say_when(dated, more, first):
    said = {"term": "2009..2012", **more}
    event = draft_of(form("open", dated, party=["Acme", "Bolt"], pays=PAYS, **said)).event
    assert [clause.start for clause in event.clauses if type(clause) is Pays] == [d(first)]


def test_what_comes_back_after_a_clause_is_said_and_printed():
    text = "Acme -> Bolt: 5% of revenue from 2024-03-01 through 2024-06-30 then as before"
    [clause] = draft_of(amend(pays=text)).event.clauses
    assert clause.then == "as before"
    assert text_of(clause) + span_text(clause) == text


@pytest.mark.parametrize("text", ["2030", "until launch"])
def test_a_renewal_says_when_the_new_term_begins(text):
    with pytest.raises(RenewalNeedsAStart) as refused:
        draft_of(form("renew", "2024-02-01", term=text))
    assert str(refused.value) == (
        f"The term '{text}' does not say when the new term begins. Write its first and last day, for example "
        "2031-01-01..2035-12-31; to move only the end, say deal extend."
    )


def test_a_term_may_run_until_a_condition():
    assert draft_of(amend(term="until launch")).event.clauses == (
        Term(start=d("2024-02-01"), until="launch", extends=True),
    )
