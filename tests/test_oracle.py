"""The oracle against answers that were worked out by hand."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.histories import FIRST_DAY, WINDOW, Point, Step, Taken, filled, histories, points
from tests.oracle import ended, holding, key_of, term_end

# A row of a history: (event, dated, the rest of its data). Days are of 2025, as MM-DD. Entries are in positions
# 11, 12, 13...: entry 1 has position 11.
# A row of questions: (on, how, what holds under "fee": its terms and its position; None: nothing).
Row = tuple[str, str, dict[str, Any]]


def full(value: Any) -> Any:
    """MM-DD is a day of 2025, at any depth."""
    if isinstance(value, str) and len(value) == 5 and value[2] == "-":
        return f"2025-{value}"
    if isinstance(value, dict):
        return {name: full(each) for name, each in value.items()}
    return [full(each) for each in value] if isinstance(value, list) else value


def ledger(*rows: Row) -> list[dict[str, Any]]:
    lines = []
    for version, (event, dated, rest) in enumerate(rows, start=1):
        data = dict(rest)
        if event == "EntryCorrected":
            data = {**data, "schema_of": 1, "reason": "mistyped"}
        elif event == "EntryVoided":
            data = {**data, "reason": "never made"}
        else:
            data["dated"] = dated
        lines.append({"position": 10 + version, "version": version, "event": event, "schema": 1, "data": full(data)})
    return lines


def fee(terms: str, start: str, through: str | None = None, **more: Any) -> dict[str, Any]:
    flow = {"kind": "pays", "payer": "A", "payee": "B", "name": "fee", "terms": terms, "from": start}
    return flow | ({"through": through} if through else {}) | more


def saying(*clauses: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"clauses": list(clauses), **more}


def opening(*clauses: dict[str, Any], **more: Any) -> Row:
    return ("DealOpened", "01-01", {"title": "T", "parties": ["A", "B"], **saying(*clauses), **more})


def correcting(version: int, event: str, dated: str, data: dict[str, Any]) -> Row:
    return ("EntryCorrected", "", {"entry_version": version, "event": event, "data": {"dated": dated, **data}})


def voiding(version: int) -> Row:
    return ("EntryVoided", "", {"entry_version": version})


def term(through: str | None = None, until: str | None = None) -> dict[str, Any]:
    clause = {"kind": "term", "from": "01-01"}
    return clause | ({"through": through} if through else {}) | ({"until": until} if until else {})


PLANNED = {"planned": True}

TABLES = {
    "a plan, withdrawn": (
        [
            opening(fee("1%", "01-01")),
            ("PlanAnnounced", "01-10", saying(fee("2%", "02-01"))),
            ("PlanWithdrawn", "03-01", {"plan_version": 2, "evidence": "reported"}),
        ],
        [
            ("02-10", {}, ("1%", 11)),
            ("02-10", PLANNED, ("1%", 11)),
            ("02-10", PLANNED | {"known": "02-28"}, ("2%", 12)),
            ("02-10", PLANNED | {"known": "03-01"}, ("1%", 11)),
            ("02-10", PLANNED | {"known": "01-09"}, ("1%", 11)),
            ("02-10", PLANNED | {"recorded": 12}, ("2%", 12)),
            ("02-10", PLANNED | {"confirmed_only": True}, ("2%", 12)),
            ("01-31", PLANNED | {"recorded": 12}, ("1%", 11)),
        ],
    ),
    "a plan, corrected, adopted otherwise": (
        [
            opening(fee("1%", "01-01")),
            ("PlanAnnounced", "01-10", saying(fee("2%", "02-01"))),
            correcting(2, "PlanAnnounced", "01-11", saying(fee("3%", "02-01"))),
            ("PlanAdopted", "01-20", saying(fee("4%", "02-10"), plan_version=2)),
            correcting(3, "PlanAnnounced", "01-30", saying(fee("5%", "02-01"))),
        ],
        [
            ("02-05", PLANNED | {"recorded": 12}, ("2%", 12)),
            ("02-05", PLANNED | {"recorded": 13}, ("3%", 13)),
            ("02-05", PLANNED, ("1%", 11)),
            ("02-10", {}, ("4%", 14)),
            ("02-10", PLANNED, ("4%", 14)),
            ("02-10", {"known": "01-19"}, ("1%", 11)),
            ("02-10", PLANNED | {"known": "01-19"}, ("1%", 11)),  # the plan as corrected was not yet dated
        ],
    ),
    "a plan, withdrawn under the number of its correction": (
        [
            opening(fee("1%", "01-01")),
            ("PlanAnnounced", "01-10", saying(fee("2%", "02-01"))),
            correcting(2, "PlanAnnounced", "01-10", saying(fee("3%", "02-01"))),
            ("PlanWithdrawn", "01-20", {"plan_version": 3}),
            voiding(4),
        ],
        [
            ("02-05", PLANNED | {"recorded": 13}, ("3%", 13)),
            ("02-05", PLANNED | {"recorded": 14}, ("1%", 11)),
            ("02-05", PLANNED, ("3%", 13)),
        ],
    ),
    "a correction is in the place of what it corrects": (
        [
            opening(fee("1%", "01-01")),
            ("Amended", "02-01", saying(fee("2%", "01-01"))),
            ("Amended", "02-01", saying(fee("3%", "01-01"))),
            correcting(2, "Amended", "02-01", saying(fee("4%", "01-01"))),  # the same day: 3 is still later
            correcting(4, "Amended", "02-02", saying(fee("5%", "01-01"))),  # now it is dated later than 3
        ],
        [
            ("02-01", {"recorded": 12}, ("2%", 12)),
            ("02-01", {"recorded": 13}, ("3%", 13)),
            ("02-01", {"recorded": 14}, ("3%", 13)),
            ("02-01", {}, ("5%", 15)),
            ("02-01", {"known": "02-01"}, ("3%", 13)),
            ("02-01", {"known": "01-31"}, ("1%", 11)),
        ],
    ),
    "a void, and a void of the void": (
        [
            opening(fee("1%", "01-01")),
            ("Amended", "02-01", saying(fee("2%", "01-01"))),
            voiding(2),
            voiding(3),
            voiding(4),
        ],
        [
            ("02-01", {"recorded": 10}, None),
            ("02-01", {"recorded": 11}, ("1%", 11)),
            ("02-01", {"recorded": 12}, ("2%", 12)),
            ("02-01", {"recorded": 13}, ("1%", 11)),
            ("02-01", {"recorded": 14}, ("2%", 12)),
            ("02-01", {"recorded": 15}, ("1%", 11)),
        ],
    ),
    "a chain of corrections, taken apart from its end": (
        [
            opening(fee("1%", "01-01")),
            ("Amended", "02-01", saying(fee("2%", "01-01"))),
            correcting(2, "Amended", "02-01", saying(fee("3%", "01-01"))),
            correcting(3, "Amended", "02-01", saying(fee("4%", "03-01"))),
            voiding(4),
            voiding(3),
            voiding(2),
        ],
        [
            ("02-01", {"recorded": 13}, ("3%", 13)),
            ("02-01", {"recorded": 14}, ("1%", 11)),  # not 2%: the second correction is of that entry, too
            ("03-01", {"recorded": 14}, ("4%", 14)),
            ("02-01", {"recorded": 15}, ("3%", 13)),
            ("02-01", {"recorded": 16}, ("2%", 12)),
            ("02-01", {"recorded": 17}, ("1%", 11)),
        ],
    ),
    "the term cuts what has no end of its own": (
        [
            opening(fee("1%", "01-01"), term("06-30")),
            ("Amended", "02-01", saying(fee("2%", "03-01", "09-30"))),
            ("TermExtended", "03-01", {"from": "07-01", "through": "12-31"}),
            ("TermExtended", "04-01", {"from": "01-01", "through": "01-31"}),
        ],
        [
            ("06-30", {"recorded": 11}, ("1%", 11)),
            ("07-01", {"recorded": 11}, None),
            ("09-30", {"recorded": 12}, ("2%", 12)),  # it has an end of its own
            ("10-01", {"recorded": 12}, None),
            ("10-01", {"recorded": 13}, ("1%", 11)),
            ("12-31", {"recorded": 13}, ("1%", 11)),
            ("01-31", {}, ("1%", 11)),
            ("02-01", {}, None),
            ("02-28", {}, None),
            ("03-01", {}, ("2%", 12)),
        ],
    ),
    "a condition is met": (
        [
            opening(fee("1%", "01-01")),
            ("Amended", "01-02", saying(fee("2%", "02-01", until="launch"))),
            ("ConditionMet", "03-05", {"condition": "launch", "on": "03-01"}),
            ("ConditionMet", "03-04", {"condition": "launch", "on": "02-15"}),
            ("ConditionMet", "03-06", {"condition": "another", "on": "02-02"}),
        ],
        [
            ("03-01", {"recorded": 12}, ("2%", 12)),
            ("02-28", {}, ("2%", 12)),  # the one dated later says when, though it was recorded first
            ("03-01", {}, ("1%", 11)),
            ("02-20", {"known": "03-04"}, ("1%", 11)),
            ("03-10", {"known": "03-03"}, ("2%", 12)),
        ],
    ),
    "the term ends when a condition is met": (
        [
            opening(fee("1%", "01-01"), term("06-30", until="launch")),
            ("ConditionMet", "03-05", {"condition": "launch", "on": "03-01"}),
            ("ConditionMet", "03-06", {"condition": "launch", "on": "09-01"}),
        ],
        [
            ("06-30", {"recorded": 11}, ("1%", 11)),
            ("02-28", {"recorded": 12}, ("1%", 11)),
            ("03-01", {"recorded": 12}, None),
            ("06-30", {}, ("1%", 11)),
            ("07-01", {}, None),
        ],
    ),
    "an ended deal": (
        [
            opening(fee("1%", "01-01", "12-31")),
            ("DealEnded", "03-01", {"through": "03-31"}),
            ("Amended", "02-01", saying(fee("2%", "05-01", survives=True))),
        ],
        [
            ("04-01", {"recorded": 11}, ("1%", 11)),
            ("03-31", {"recorded": 12}, ("1%", 11)),
            ("04-01", {"recorded": 12}, None),
            ("04-01", {"known": "02-28"}, ("1%", 11)),
            ("04-30", {}, None),
            ("05-01", {}, ("2%", 13)),
        ],
    ),
    "a drop": (
        [
            opening(fee("1%", "01-01"), term("06-30")),
            ("Amended", "02-01", saying({"kind": "drop", "of": "fee", "from": "03-01", "through": "03-31"})),
            ("Amended", "02-02", saying(fee("2%", "03-31", "12-31"))),
            ("Amended", "02-03", saying({"kind": "drop", "of": "fee", "from": "08-01"})),
        ],
        [
            ("02-28", {}, ("1%", 11)),
            ("03-01", {}, None),
            ("03-30", {}, None),
            ("03-31", {}, ("2%", 13)),
            ("03-31", {"known": "02-01"}, None),
            ("04-01", {"known": "02-01"}, ("1%", 11)),
            ("07-31", {}, ("2%", 13)),
            ("08-01", {}, None),  # no term shortens a drop
        ],
    ),
    "known later than dated, and only reported": (
        [
            opening(fee("1%", "01-01")),
            ("Amended", "02-01", saying(fee("2%", "02-01"), known_since="05-01", evidence="reported")),
            ("InterimAgreed", "01-15", saying(fee("3%", "01-15"))),
        ],
        [
            ("03-01", {}, ("2%", 12)),
            ("03-01", {"known": "05-01"}, ("2%", 12)),
            ("03-01", {"known": "04-30"}, ("3%", 13)),
            ("03-01", {"known": "04-30", "recorded": 12}, ("1%", 11)),
            ("03-01", {"confirmed_only": True}, ("3%", 13)),
        ],
    ),
}

QUESTIONS = [
    pytest.param(rows, on, how, expected, id=f"{name} / {on} {how}")
    for name, (rows, questions) in TABLES.items()
    for on, how, expected in questions
]


@pytest.mark.parametrize(("rows", "on", "how", "expected"), QUESTIONS)
def test_what_holds(rows: list[Row], on: str, how: dict[str, Any], expected: tuple[str, int] | None) -> None:
    how = dict(how)
    if "known" in how:
        how["known"] = date.fromisoformat(full(how["known"]))
    held = holding(ledger(*rows), date.fromisoformat(full(on)), **how).get("fee")
    assert (None if held is None else (held.clause["terms"], held.position)) == expected


def test_standing_and_kind() -> None:
    lines = ledger(
        opening(fee("1%", "01-01")),
        ("InterimAgreed", "01-02", saying({"kind": "right", "holder": "A", "text": "audit", "from": "01-01"})),
        (
            "PlanAnnounced",
            "01-03",
            saying({"kind": "commits", "payer": "A", "payee": "B", "text": "5m", "from": "01-01"}),
        ),
    )
    held = holding(lines, date(2025, 1, 5), planned=True)
    assert {key: (each.position, each.kind, each.standing) for key, each in held.items()} == {
        "party A": (11, "member", "binding"),
        "party B": (11, "member", "binding"),
        "fee": (11, "pays", "binding"),
        "A: audit": (12, "right", "interim"),
        "A -> B: 5m": (13, "commits", "planned"),
    }


def test_partners_come_and_leave() -> None:
    lines = ledger(
        opening(term("06-30"), pools=["P"]),
        ("PartnerAdded", "01-02", {"party": "C", "from": "01-10", "pool": "P"}),
        ("PartnerAdded", "01-02", {"party": "D", "from": "01-10"}),
        ("PartnerLeft", "03-01", {"party": "B", "through": "03-31"}),
        ("PartnerLeft", "03-01", {"party": "C", "through": "02-28", "pool": "P"}),
    )

    def there(month: int, day: int, recorded: int | None = None) -> list[str]:
        return sorted(holding(lines, date(2025, month, day), recorded=recorded))

    assert there(1, 9) == ["party A", "party B"]
    assert there(1, 10) == ["member C of P", "party A", "party B", "party C", "party D"]
    assert there(2, 28) == ["member C of P", "party A", "party B", "party C", "party D"]
    assert there(3, 1) == ["party A", "party B", "party C", "party D"]
    assert there(4, 1) == ["party A", "party C", "party D"]
    assert there(6, 30, recorded=13) == ["member C of P", "party A", "party B", "party C", "party D"]
    assert there(7, 1, recorded=13) == [
        "party A",
        "party B",
        "party C",
        "party D",
    ]  # a place in a pool ends with the term
    assert holding(lines, date(2025, 1, 10))["member C of P"].clause == {
        "kind": "member", "party": "C", "pool": "P", "from": "2025-01-10",
    }  # fmt: skip


def test_the_end_of_the_term() -> None:
    lines = ledger(
        opening(term(until="launch")),
        ("TermExtended", "03-01", {"from": "01-01", "through": "12-31", "until": "launch"}),
        ("ConditionMet", "04-01", {"condition": "launch", "on": "05-01", "evidence": "reported"}),
        ("DealEnded", "02-01", {"through": "02-28"}),  # dated before the extension: it does not say the term
        ("PlanAnnounced", "06-01", saying(term("07-31"))),
        ("DealEnded", "06-01", {"through": "08-31"}),
    )
    assert term_end(lines, recorded=10) is None
    assert term_end(lines, recorded=11) is None
    assert term_end(lines, recorded=12) == date(2025, 12, 31)
    assert term_end(lines, recorded=13) == date(2025, 4, 30)
    assert term_end(lines, recorded=13, confirmed_only=True) == date(2025, 12, 31)
    assert term_end(lines, recorded=13, known=date(2025, 3, 31)) == date(2025, 12, 31)
    assert term_end(lines, recorded=14) == date(2025, 4, 30)
    assert not ended(lines, recorded=14)
    assert term_end(lines, recorded=14, known=date(2025, 2, 28)) == date(2025, 2, 28)
    assert ended(lines, recorded=14, known=date(2025, 2, 28))
    assert term_end(lines, recorded=15) == date(2025, 4, 30)
    assert term_end(lines, recorded=15, planned=True) == date(2025, 7, 31)
    assert term_end(lines, planned=True) == date(2025, 8, 31)
    assert ended(lines)


@pytest.mark.parametrize(
    ("clause", "key"),
    [
        ({"kind": "pays", "payer": "A", "payee": "B"}, "A -> B"),
        ({"kind": "pays", "payer": "A", "payee": "B", "name": "fee"}, "fee"),
        ({"kind": "commits", "payer": "A", "payee": "B", "text": "5m"}, "A -> B: 5m"),
        ({"kind": "commits", "payer": "A", "payee": "B", "text": "5m", "name": "floor"}, "floor"),
        ({"kind": "defines", "name": "net"}, "net"),
        ({"kind": "right", "holder": "A", "text": "audit"}, "A: audit"),
        ({"kind": "right", "holder": "A", "text": "audit", "name": "access"}, "access"),
        ({"kind": "member", "party": "A"}, "party A"),
        ({"kind": "member", "party": "A", "pool": "P"}, "member A of P"),
        ({"kind": "term"}, "term"),
        ({"kind": "drop", "of": "fee"}, "fee"),
    ],
)
def test_keys(clause: dict[str, Any], key: str) -> None:
    assert key_of(clause) == key


# --- the histories can be told, and the oracle answers ----------------------------------------------------


def told(steps: list[Step]) -> list[dict[str, Any]]:
    """The lines of a ledger that takes everything."""
    taken: list[Taken] = []
    for version, step in enumerate(steps, start=1):
        taken.append(Taken(version, step["event"], filled(step, taken)))
    return [{**entry._asdict(), "position": 2 * entry.version} for entry in taken]


UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@UNHURRIED
@given(histories(), st.lists(points(), min_size=1, max_size=5))
def test_every_history_has_an_answer(steps: list[Step], asked: list[Point]) -> None:
    lines = told(steps)
    assert lines[0]["event"] == "DealOpened"
    for on, known, share, planned, confirmed_only in asked:
        recorded = None if share is None else round(share * lines[-1]["position"])
        held = holding(lines, on, known, recorded, planned, confirmed_only)
        positions = {line["position"] for line in lines if recorded is None or line["position"] <= recorded}
        assert {each.position for each in held.values()} <= positions
        assert all(each.kind not in ("drop", "term") and key_of(each.clause) == key for key, each in held.items())
        assert all(planned or each.standing != "planned" for each in held.values())


@UNHURRIED
@given(histories())
def test_what_was_recorded_later_does_not_change_what_was_recorded_before(steps: list[Step]) -> None:
    lines = told(steps)
    half = lines[: (len(lines) + 1) // 2]
    for n in range(0, WINDOW, 5):
        on = FIRST_DAY + timedelta(days=n)
        assert holding(lines, on, recorded=half[-1]["position"]) == holding(half, on)
