"""An event is for ever: names, versions and bytes as they were stored, and the way from an old version to the new."""

# ruff: noqa: E501 - stored bytes are kept as they stand, on one line each

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from ledger import events
from ledger.errors import UnreadableEvent
from ledger.events import EVENTS, Amended, EntryCorrected, Instrument, decode, encode

# As they stand in ledgers out there. A line may be added; none may be changed or go.
STORED: list[tuple[str, int, str]] = [
    ("DealOpened", 1, '{"dated":"2024-02-29","title":"Acme – 東雲","parties":["Acme","東雲"]}'),
    ("Amended", 1, '{"dated":"2024-02-29","known_since":"2024-03-01","evidence":"reported","clauses":[{"kind":"pays","from":"2024-02-29","through":"2027-12-31","payer":"Acme","payee":"東雲","terms":"20% of revenue every quarter","name":"share"},{"kind":"commits","from":"2024-02-29","until":"launch","payer":"Acme","payee":"東雲","text":"250bn of services"},{"kind":"defines","from":"2024-02-29","name":"net","terms":"gross - returns"},{"kind":"right","from":"2024-02-29","survives":true,"holder":"Acme","text":"audit","name":"audit"},{"kind":"member","from":"2024-02-29","party":"東雲"},{"kind":"member","from":"2024-02-29","party":"東雲","pool":"resellers"},{"kind":"term","from":"2024-02-29","through":"2027-12-31"},{"kind":"drop","from":"2024-02-29","of":"hosting"}],"pools":["resellers"],"sources":[{"publisher":"Reuters","title":"أوبن أيه آي","published":"2025-05-07","address":"https://example.org/a","quote":"20 %","attachment":{"sha256":"abababababababababababababababababababababababababababababababab","size":12,"name":"a.pdf"}}],"note":"a note"}'),
    ("InterimAgreed", 1, '{"dated":"2024-02-29","clauses":[{"kind":"pays","from":"2024-02-29","through":"2027-12-31","payer":"Acme","payee":"東雲","terms":"20% of revenue every quarter","name":"share"}]}'),
    ("PartnerAdded", 1, '{"dated":"2024-02-29","party":"Nord","from":"2024-03-01","pool":"resellers"}'),
    ("PartnerLeft", 1, '{"dated":"2024-02-29","party":"Nord","through":"2024-06-30"}'),
    ("PlanAnnounced", 1, '{"dated":"2024-02-29","clauses":[{"kind":"pays","from":"2024-02-29","through":"2027-12-31","payer":"Acme","payee":"東雲","terms":"20% of revenue every quarter","name":"share"}]}'),
    ("PlanAdopted", 1, '{"dated":"2024-02-29","plan_version":6}'),
    ("PlanWithdrawn", 1, '{"dated":"2024-02-29","plan_version":6}'),
    ("TermExtended", 1, '{"dated":"2024-02-29","from":"2024-02-29","through":"2028-12-31"}'),
    ("TermExtended", 1, '{"dated":"2024-02-29","from":"2024-02-29","until":"launch"}'),
    ("DealEnded", 1, '{"dated":"2024-02-29","through":"2026-06-30"}'),
    ("ConditionMet", 1, '{"dated":"2024-02-29","condition":"launch","on":"2024-02-28"}'),
    ("NothingChanged", 1, '{"dated":"2024-02-29","statement":"It all stands."}'),
    ("EntryVoided", 1, '{"entry_version":2,"reason":"entered twice"}'),
    ("EntryCorrected", 1, '{"entry_version":2,"reason":"mistyped","event":"InterimAgreed","schema_of":1,"data":{"dated":"2024-02-29","note":"x"}}'),
    ("Amended", 1, '{"dated":"2024-02-29","clauses":[{"kind":"nets","from":"2024-02-29","through":"2027-12-31","one":"Acme","other":"東雲"},{"kind":"member","from":"2024-02-29","party":"東雲","pool":"resellers","part":"1/3"}],"pools":["resellers"]}'),
    ("PartnerAdded", 1, '{"dated":"2024-02-29","party":"Nord","from":"2024-03-01","pool":"resellers","part":"12.5%"}'),
    ("MeasureReported", 1, '{"dated":"2024-04-02","figures":[{"measure":"revenue","from":"2024-01-01","through":"2024-03-31","amount":"1200000.00"},{"measure":"units","from":"2024-01-01","through":"2024-01-01","amount":"-3","currency":"JPY","dimensions":{"app":"東雲","store":"eu"},"rows":[3,2,4]}],"file":{"sha256":"abababababababababababababababababababababababababababababababab","name":"sales.csv","size":120,"rows":3,"by":"day"}}'),
    ("MeasureReported", 1, '{"dated":"2024-04-02","figures":[{"measure":"revenue","from":"2024-01-01","through":"2024-01-31","amount":"0"}],"file":{"sha256":"abababababababababababababababababababababababababababababababab","name":"sales.parquet","size":120,"rows":3,"by":"segment"}}'),
    ("MeasureRestated", 1, '{"dated":"2024-05-02","note":"returns of March","figures":[{"measure":"revenue","from":"2024-01-01","through":"2024-03-31","amount":"1150000"}]}'),
    ("MeasureRestated", 1, '{"dated":"2024-05-02","figures":[{"measure":"revenue","from":"2024-01-15","through":"2024-01-15","amount":"1.0001"}],"file":{"sha256":"abababababababababababababababababababababababababababababababab","name":"sales.csv","size":120,"rows":3,"by":"day"},"whole":{"from":"2024-01-01","through":"2024-03-31"}}'),
    ("MeasureAdded", 1, '{"dated":"2024-04-02","figures":[{"measure":"revenue","from":"2024-01-01","through":"2024-03-31","amount":"1200000.00"},{"measure":"units","from":"2024-01-01","through":"2024-01-01","amount":"-3","currency":"JPY","dimensions":{"app":"東雲","store":"eu"},"rows":[3,2,4]}],"file":{"sha256":"abababababababababababababababababababababababababababababababab","name":"sales.csv","size":120,"rows":3,"by":"day"}}'),
    ("RateRecorded", 1, '{"dated":"2024-04-02","sources":[{"publisher":"ECB"}],"base":"EUR","quote":"USD","rate":"1.0825","from":"2024-01-01","through":"2024-03-31"}'),
    ("StatementIssued", 1, '{"dated":"2024-04-03","from":"2024-01-01","through":"2024-03-31","payer":"Acme","payee":"東雲","currency":"USD","position":4,"root":"6Kz5lvOUpDqkyHs3Yh8wAZSTGx0BZ7E9yN9HkmHV3Ss=","opening":"0.00","closing":"240000.00","dues":[{"clause":"share","payer":"Acme","payee":"東雲","from":"2024-01-01","through":"2024-03-31","terms":"20% of revenue every quarter","entries":[1],"amount":"240000.00"}],"digest":"cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"}'),
    ("StatementIssued", 1, '{"dated":"2024-07-03","known_since":"2024-07-04","from":"2024-04-01","through":"2024-06-30","payer":"Acme","payee":"東雲","currency":"USD","position":9,"root":"6Kz5lvOUpDqkyHs3Yh8wAZSTGx0BZ7E9yN9HkmHV3Ss=","opening":"240000.00","closing":"130000.17","net":true,"known_by":"2024-07-01","dues":[{"clause":"pool","payer":"Acme","payee":"resellers","from":"2024-04-01","through":"2024-06-30","terms":"1% of revenue; then 2% of revenue","entries":[1,6],"amount":"0.17","exact":"0.165","payable":"2024-07-30","notes":["a note"],"members":[{"party":"Nord"},{"party":"東雲","part":"1/3","amount":"0.06"},{"party":"Öst","at_most":"0.11"}],"arithmetic":[{"depth":1,"text":"revenue = 16.5"}]},{"clause":"bound","payer":"東雲","payee":"Acme","from":"2024-04-01","through":"2024-06-30","terms":"unknown <= 10%","entries":[1],"low":"0","high":"1.65","missing":["a rate"]}],"true_ups":[{"clause":"share","payer":"Acme","payee":"東雲","from":"2024-01-01","through":"2024-03-31","stated":"240000.00","statement":5,"now":"230000.00","amount":"-10000.00","causes":[{"amount":"-9000.00","entry":7,"says":"MeasureRestated, dated 2024-05-02"},{"amount":"-1000.00","says":"known since: #3"}]},{"clause":"late","payer":"Acme","payee":"東雲","from":"2024-01-01","through":"2024-03-31","missing":["revenue for 2024-Q1"]}],"receipts":[{"entry":6,"dated":"2024-04-15","amount":"100000.00"},{"entry":8,"dated":"2024-04-16","amount":"-5.00","undone":true}],"replaces":8,"digest":"cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"}'),
    ("StatementIssued", 2, '{"dated":"2024-04-03","from":"2024-01-01","through":"2024-03-31","payer":"Acme","payee":"東雲","currency":"USD","position":4,"root":"6Kz5lvOUpDqkyHs3Yh8wAZSTGx0BZ7E9yN9HkmHV3Ss=","opening":"0.00","closing":"240000.00","dues":[{"clause":"share","payer":"Acme","payee":"東雲","from":"2024-01-01","through":"2024-03-31","terms":"20% of revenue every quarter","entries":[1],"amount":"240000.00"}],"digest":"cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd","earlier":{"before":"2024-01-01","since":"2023-07-01"}}'),
    ("StatementIssued", 2, '{"dated":"2024-04-03","from":"2024-01-01","through":"2024-03-31","payer":"Acme","payee":"東雲","currency":"USD","position":4,"root":"6Kz5lvOUpDqkyHs3Yh8wAZSTGx0BZ7E9yN9HkmHV3Ss=","opening":"0.00","closing":"240000.00","dues":[{"clause":"share","payer":"Acme","payee":"東雲","from":"2024-01-01","through":"2024-03-31","terms":"20% of revenue every quarter","entries":[1],"amount":"240000.00"}],"digest":"cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd","earlier":{"before":"2024-01-01","elsewhere":"by hand"}}'),
    ("PaymentMade", 1, '{"dated":"2024-04-15","statement_version":5,"amount":"100000.00"}'),
    ("PeriodClosed", 1, '{"dated":"2024-04-20","from":"2024-01-01","through":"2024-03-31"}'),
    ("PeriodReopened", 1, '{"dated":"2024-04-21","closed_version":6,"reason":"the report was of another product"}'),
    ("EntryCorrected", 1, '{"entry_version":2,"reason":"mistyped","event":"MeasureReported","schema_of":1,"data":{"dated":"2024-04-02","figures":[{"measure":"revenue","from":"2024-01-01","through":"2024-03-31","amount":"1"}]}}'),
]  # fmt: skip
# The same since a clause that an amendment shortens ends, and a term keeps its first day.
STORED += [
    ("DealOpened", 2, '{"dated":"2024-02-29","clauses":[{"kind":"pays","from":"2024-02-29","through":"2027-12-31","then":"as before","payer":"Acme","payee":"東雲","terms":"20% of revenue every quarter"},{"kind":"term","from":"2024-02-29","through":"2027-12-31"}],"title":"Acme – 東雲","parties":["Acme","東雲"]}'),
    ("Amended", 2, '{"dated":"2024-02-29","clauses":[{"kind":"term","from":"2024-02-29","through":"2028-12-31","extends":true}]}'),
    ("Amended", 2, '{"dated":"2024-02-29","note":"x","older_rule":true}'),
    ("InterimAgreed", 2, '{"dated":"2024-02-29"}'),
    ("PartnerAdded", 2, '{"dated":"2024-02-29","party":"Nord","from":"2024-03-01","pool":"resellers","part":"12.5%"}'),
    ("PartnerLeft", 2, '{"dated":"2024-02-29","party":"Nord","through":"2024-06-30"}'),
    ("PlanAnnounced", 2, '{"dated":"2024-02-29","clauses":[{"kind":"term","from":"2028-01-01","through":"2029-12-31","renews":true}]}'),
    ("PlanAdopted", 2, '{"dated":"2024-02-29","plan_version":6}'),
    ("PlanWithdrawn", 2, '{"dated":"2024-02-29","plan_version":6}'),
    ("TermExtended", 2, '{"dated":"2024-02-29","from":"2024-02-29","through":"2028-12-31"}'),
    ("TermRenewed", 2, '{"dated":"2027-11-01","from":"2028-01-01","through":"2030-12-31","until":"launch"}'),
    ("DealEnded", 2, '{"dated":"2024-02-29","through":"2026-06-30"}'),
    ("ConditionMet", 2, '{"dated":"2024-02-29","condition":"launch","on":"2024-02-28"}'),
    ("NothingChanged", 2, '{"dated":"2024-02-29","statement":"It all stands."}'),
    ("EntryCorrected", 1, '{"entry_version":2,"reason":"mistyped","event":"InterimAgreed","schema_of":2,"data":{"dated":"2024-02-29","note":"x"}}'),
]  # fmt: skip

# What the remedy of every unreadable event is.
REMEDY = "Use the version of deal that wrote it, or a newer one."


@pytest.mark.parametrize(("name", "schema", "data"), STORED, ids=[name for name, _, _ in STORED])
def test_stored_bytes_are_read_and_written_the_same(name, schema, data):
    event = decode(name, schema, data.encode())
    if schema == EVENTS[name].schema:
        assert encode(event) == (name, schema, data.encode())
    else:
        assert decode(*encode(event)) == event


def test_an_entry_of_the_first_version_keeps_the_rule_of_then():
    stored = [(name, decode(name, schema, data.encode())) for name, schema, data in STORED if schema == 1]
    assert {name for name, event in stored if getattr(event, "older_rule", False)} == {
        name for name, cls in EVENTS.items() if issubclass(cls, Instrument) and cls.changes_terms and cls.schema == 2
    } - {"TermRenewed"}
    [term] = [clause for clause in decode(*bytes_of("Amended")).sets() if clause.key == "term"]
    assert term.extends


def test_every_event_has_stored_bytes_in_every_version():
    assert {(name, schema) for name, schema, _ in STORED} == {
        (name, schema) for name, cls in EVENTS.items() for schema in range(cls.first_schema, cls.schema + 1)
    }


def test_wire_names_are_frozen():
    assert list(EVENTS) == [
        "DealOpened", "Amended", "InterimAgreed", "PartnerAdded", "PartnerLeft", "PlanAnnounced", "PlanAdopted",
        "PlanWithdrawn", "TermExtended", "DealEnded", "ConditionMet", "NothingChanged", "MeasureReported", "MeasureRestated",
        "RateRecorded", "StatementIssued", "PaymentMade", "PeriodClosed", "PeriodReopened", "EntryCorrected", "EntryVoided",
        "MeasureAdded", "TermRenewed",
    ]  # fmt: skip


def test_what_a_correction_says_is_read_from_inside_it():
    corrected = decode(*bytes_of("EntryCorrected")).corrected
    assert encode(corrected) == ("InterimAgreed", 2, b'{"dated":"2024-02-29","note":"x","older_rule":true}')


@pytest.mark.parametrize(
    ("name", "schema", "data", "why"),
    [
        ("Nope", 1, "{}", "this version of deal does not know it"),
        ("amended", 1, '{"dated":"2024-02-29"}', "this version of deal does not know it"),
        ("Amended", 3, '{"dated":"2024-02-29"}', "this version of deal does not know it"),
        ("TermRenewed", 1, '{"dated":"2024-02-29","from":"2024-03-01"}', "this version of deal does not know it"),
        ("Amended", 0, '{"dated":"2024-02-29"}', "this version of deal does not know it"),
        ("Amended", 1, '{"dated":"2024-02-29","colour":1}', "Object contains unknown field `colour`"),
        ("Amended", 1, "{}", "Object missing required field `dated`"),
        ("Amended", 1, '{"dated":"2024-02-30"}', "Invalid RFC3339 encoded date - at `$.dated`"),
        ("Amended", 1, '{"dated":"2024-02-29T00:00:00"}', "Invalid RFC3339 encoded date - at `$.dated`"),
        ("Amended", 1, '{"dated":20240229}', "Expected `date`, got `int` - at `$.dated`"),
        ("Amended", 1, '{"dated":"2024-02-29","evidence":"rumoured"}', "Invalid enum value 'rumoured' - at `$.evidence`"),
        (
            "Amended", 1, '{"dated":"2024-02-29","clauses":[{"kind":"gift","from":"2024-02-29"}]}',
            "Invalid value 'gift' - at `$.clauses[0].kind`",
        ),
        ("Amended", 1, '{"dated":"2024-02-29"', "Input data was truncated"),
        ("Amended", 1, "[]", "Expected `object`, got `array`"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_why(name, schema, data, why):
    with pytest.raises(UnreadableEvent) as refused:
        decode(name, schema, data.encode())
    assert str(refused.value) == f"An event '{name}' of schema version {schema} cannot be read: {why}. {REMEDY}"


def test_bytes_that_are_no_text_are_unreadable():
    with pytest.raises(UnreadableEvent, match="An event 'Amended' of schema version 1 cannot be read: "):
        decode("Amended", 1, b'{"dated":"2024-02-29","note":"\xff"}')


def test_a_correction_holds_an_instrument():
    correction = decode("EntryCorrected", 1, (
        b'{"entry_version":2,"reason":"r","event":"EntryVoided","schema_of":1,"data":{"entry_version":1,"reason":"r"}}'
    ))  # fmt: skip
    with pytest.raises(UnreadableEvent) as refused:
        _ = correction.corrected
    assert str(refused.value) == (
        "An event 'EntryVoided' of schema version 1 cannot be read: it is no instrument, and only those are corrected. "
        + REMEDY
    )


class AmendedThree(Instrument, frozen=True, kw_only=True):
    """As an amendment might look after two changes of its shape."""

    schema = 3
    signed: date


class CorrectedTwo(EntryCorrected, frozen=True, kw_only=True):
    """As a correction might look after one."""

    schema = 2
    approved_by: str


AmendedThree.__name__, CorrectedTwo.__name__ = "Amended", "EntryCorrected"  # the wire name is the class's


@pytest.fixture
def later(monkeypatch):
    """A program from the future, in which two events have changed their shapes."""
    for name, cls in (("Amended", AmendedThree), ("EntryCorrected", CorrectedTwo)):
        monkeypatch.setitem(events.EVENTS, name, cls)
        monkeypatch.setitem(events._decoders, name, msgspec.json.Decoder(cls))
    monkeypatch.setitem(events.UPCASTS, ("Amended", 1), lambda fields: {**fields, "signed_on": fields["dated"]})
    monkeypatch.setitem(events.UPCASTS, ("Amended", 2), lambda fields: {
        **{k: v for k, v in fields.items() if k != "signed_on"}, "signed": fields["signed_on"]
    })  # fmt: skip
    monkeypatch.setitem(events.UPCASTS, ("EntryCorrected", 1), lambda fields: {**fields, "approved_by": "nobody"})


def test_an_old_version_is_upcast_step_by_step_on_reading(later):
    today = decode("Amended", 3, b'{"dated":"2024-02-29","signed":"2024-02-28"}')
    second = decode("Amended", 2, b'{"dated":"2024-02-29","signed_on":"2024-02-28"}')
    first = decode("Amended", 1, b'{"dated":"2024-02-29"}')
    assert second == today
    assert first.signed == date(2024, 2, 29)


def test_the_clauses_of_an_old_version_are_as_they_were(later):
    name, schema, data = bytes_of("Amended")
    clauses = decode(name, schema, data).clauses
    assert [clause.key for clause in clauses] == [
        "share", "Acme -> 東雲: 250bn of services", "net", "audit", "party 東雲", "member 東雲 of resellers", "term",
        "hosting",
    ]  # fmt: skip


def test_an_old_correction_is_upcast_with_what_it_carries(later):
    corrected = decode(*bytes_of("EntryCorrected"))
    assert corrected.approved_by == "nobody"
    assert corrected.corrected.note == "x"
    old = b'{"entry_version":2,"reason":"r","event":"Amended","schema_of":1,"data":{"dated":"2024-02-29"}}'
    assert isinstance(decode("EntryCorrected", 1, old).corrected, AmendedThree)


def test_an_old_version_with_unknown_fields_is_unreadable(later):
    with pytest.raises(UnreadableEvent, match="Object contains unknown field `colour`"):
        decode("Amended", 1, b'{"dated":"2024-02-29","colour":1}')


def bytes_of(name: str) -> tuple[str, int, bytes]:
    return next((name, schema, data.encode()) for stored, schema, data in STORED if stored == name)


def test_an_event_without_its_defaults_stays_so():
    assert encode(Amended(dated=date(2024, 2, 29)))[2] == b'{"dated":"2024-02-29"}'
