"""The domain events: this file is the table of contents of the product.

An event is for ever: its name (the class's name) and its schema version (`schema`) stand in every recorded
entry, and the JSON bytes that were stored are never written again. A changed shape is a new schema version:
raise `schema`, add an upcast beside the class in `UPCASTS`, and keep the old bytes in a test. A changed meaning
is a new schema version too: entries of the older one keep the older meaning (`Instrument.older_rule`).

Days are civil dates. Spans are inclusive here (`from`, `through`), as people write them. A clause without
`through` runs as long as the deal's term; with `survives` it outlives the term; with `until` it stands until
the named condition is met; with `then` what it replaced holds again after it. `terms` is the canonical text of a
formula (see ledger.language.notation).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar, Literal, TypeAlias

import msgspec

from ledger.calendar import ONE_DAY
from ledger.errors import UnreadableEvent

Standing: TypeAlias = Literal["binding", "interim", "planned"]
Evidence: TypeAlias = Literal["confirmed", "reported"]


class Value(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """A frozen value that encodes to JSON without its defaults, and refuses fields that it does not know."""


# --- what an instrument says ------------------------------------------------------------------------------


class Attachment(Value, frozen=True, kw_only=True):
    """A file kept beside the ledger under its SHA-256 (lower-case hex); `size` in bytes."""

    sha256: str
    size: int
    name: str


class Source(Value, frozen=True, kw_only=True):
    """Where a fact is from."""

    publisher: str | None = None
    title: str | None = None
    published: date | None = None
    address: str | None = None
    quote: str | None = None
    attachment: Attachment | None = None


class Clause(Value, tag_field="kind", frozen=True, kw_only=True):
    """One thing that an instrument sets, from a day through a day.

    Each kind has a `key`: what stays the same from amendment to amendment.
    """

    start: date = msgspec.field(name="from")
    through: date | None = None
    until: str | None = None
    survives: bool = False
    then: Literal["as before"] | None = None


class Pays(Clause, tag="pays", frozen=True, kw_only=True):
    """A flow of money between two parties; `terms` is its formula, `20% of revenue every quarter`."""

    payer: str
    payee: str
    terms: str
    name: str | None = None

    @property
    def key(self) -> str:
        return self.name or f"{self.payer} -> {self.payee}"


class Commits(Clause, tag="commits", frozen=True, kw_only=True):
    """An amount promised, not computed: `250bn of Azure services`."""

    payer: str
    payee: str
    text: str
    name: str | None = None

    @property
    def key(self) -> str:
        return self.name or f"{self.payer} -> {self.payee}: {self.text}"


class Defines(Clause, tag="defines", frozen=True, kw_only=True):
    """A defined term that flows and other definitions use by its name."""

    name: str
    terms: str

    @property
    def key(self) -> str:
        return self.name


class Right(Clause, tag="right", frozen=True, kw_only=True):
    """Anything that is not money: exclusivity, access, audit."""

    holder: str
    text: str
    name: str | None = None

    @property
    def key(self) -> str:
        return self.name or f"{self.holder}: {self.text}"


class Nets(Clause, tag="nets", frozen=True, kw_only=True):
    """What two parties owe each other is set off, and only the balance is paid; counted as what `one` owes."""

    one: str
    other: str

    @property
    def key(self) -> str:
        return f"{self.one} <-> {self.other}"


class Member(Clause, tag="member", frozen=True, kw_only=True):
    """A party of the deal (`pool` is None), or a partner's place in a pool.

    `part`: its part of what the pool is paid, as `60%` or `1/3`; None where nobody has said it.
    """

    party: str
    pool: str | None = None
    part: str | None = None

    @property
    def key(self) -> str:
        return f"member {self.party} of {self.pool}" if self.pool else f"party {self.party}"


class Term(Clause, tag="term", frozen=True, kw_only=True):
    """How long the agreement runs. A term keeps its first day: what was in force before ends at its own end.

    `extends`: it says no first day, and only moves the end. `renews`: what was in force at the old end goes on from
    the first day. `ended`: the deal is over, whatever has an end.
    """

    ended: bool = False
    extends: bool = False
    renews: bool = False

    @property
    def key(self) -> str:
        return "term"


class Drop(Clause, tag="drop", frozen=True, kw_only=True):
    """Nothing holds under this key on these days."""

    of: str

    @property
    def key(self) -> str:
        return self.of


AnyClause: TypeAlias = Pays | Commits | Defines | Right | Nets | Member | Term | Drop


# --- the events -------------------------------------------------------------------------------------------


class Event(Value, frozen=True, kw_only=True):
    """What every domain event has in common."""

    schema: ClassVar[int] = 1
    first_schema: ClassVar[int] = 1  # an event that came later starts where the others were


class Instrument(Event, frozen=True, kw_only=True):
    """The paper or the report that makes a change: one instrument, one event, however many clauses it sets.

    `dated`: signed or published. `known_since`: where it could be known only later. `pools`: names of pools
    that it introduces. `older_rule`: it was entered at schema version 1, and means what that meant: what a clause
    replaced holds again after it, and a term only moves the end.
    """

    schema: ClassVar[int] = 2
    standing: ClassVar[Standing] = "binding"
    changes_terms: ClassVar[bool] = True
    dated: date
    known_since: date | None = None
    evidence: Evidence = "confirmed"
    clauses: tuple[AnyClause, ...] = ()
    pools: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    note: str | None = None
    older_rule: bool = False

    @property
    def known(self) -> date:
        """The day since which it could be known."""
        return self.known_since or self.dated

    @property
    def said(self) -> tuple[AnyClause, ...]:
        """The clauses as it says them: by the older rule, a term only moves the end."""
        if (self.older_rule or not self.changes_terms) and any(type(clause) is Term for clause in self.clauses):
            return tuple(msgspec.structs.replace(c, extends=True) if type(c) is Term else c for c in self.clauses)
        return self.clauses

    def sets(self) -> tuple[AnyClause, ...]:
        """Every clause that it sets, those included that follow from what kind of event it is."""
        return self.said


class DealOpened(Instrument, frozen=True, kw_only=True):
    """The first agreement."""

    title: str
    parties: tuple[str, ...]

    def sets(self) -> tuple[AnyClause, ...]:
        first = self.dated if self.older_rule else min([self.dated, *(clause.start for clause in self.clauses)])
        members = (Member(start=first, party=party, survives=True) for party in self.parties)
        return (*members, *self.said)


class Amended(Instrument, frozen=True, kw_only=True):
    """A change of the deal by a definitive instrument."""


class InterimAgreed(Instrument, frozen=True, kw_only=True):
    """A deal that binds until a definitive instrument replaces it."""

    standing: ClassVar[Standing] = "interim"


class PartnerAdded(Instrument, frozen=True, kw_only=True):
    """A partner joins the deal, and one of its pools if it says which, on the day `start`."""

    party: str
    start: date = msgspec.field(name="from")
    pool: str | None = None
    part: str | None = None

    def sets(self) -> tuple[AnyClause, ...]:
        member = Member(start=self.start, party=self.party, survives=True)
        if not self.pool:
            return (member, *self.said)
        # Whoever joins ends nobody's place.
        place = Member(start=self.start, party=self.party, pool=self.pool, part=self.part, then="as before")
        return (member, place, *self.said)


class PartnerLeft(Instrument, frozen=True, kw_only=True):
    """A partner leaves the deal, or one of its pools; `through` is its last day."""

    party: str
    through: date
    pool: str | None = None

    def sets(self) -> tuple[AnyClause, ...]:
        place = Member(start=self.through, party=self.party, pool=self.pool)
        return (Drop(start=self.through + ONE_DAY, of=place.key, survives=True), *self.said)


class PlanAnnounced(Instrument, frozen=True, kw_only=True):
    """What somebody intends, proposes or announces: not in force."""

    standing: ClassVar[Standing] = "planned"


class PlanAdopted(Instrument, frozen=True, kw_only=True):
    """A plan becomes binding by this instrument, with the clauses as adopted.

    `plan_version`: the plan's version in this deal.
    """

    plan_version: int


class PlanWithdrawn(Instrument, frozen=True, kw_only=True):
    """A plan is given up. `plan_version`: the plan's version in this deal."""

    plan_version: int


class TermExtended(Instrument, frozen=True, kw_only=True):
    """The agreement runs through another day; every clause without an end of its own goes along."""

    start: date = msgspec.field(name="from")
    through: date | None = None
    until: str | None = None

    def sets(self) -> tuple[AnyClause, ...]:
        return (Term(start=self.start, through=self.through, until=self.until, extends=True), *self.said)


class TermRenewed(Instrument, frozen=True, kw_only=True):
    """A new term from the day `start`, over the clauses as they are: what was in force at the old end goes on."""

    first_schema: ClassVar[int] = 2
    start: date = msgspec.field(name="from")
    through: date | None = None
    until: str | None = None

    def sets(self) -> tuple[AnyClause, ...]:
        return (Term(start=self.start, through=self.through, until=self.until, renews=True), *self.said)


class DealEnded(Instrument, frozen=True, kw_only=True):
    """The deal is over after `through`; only what survives the deal goes on."""

    through: date

    def sets(self) -> tuple[AnyClause, ...]:
        return (Term(start=self.through, through=self.through, ended=True), *self.said)


class ConditionMet(Instrument, frozen=True, kw_only=True):
    """A condition named in a clause was met on the day `on`."""

    condition: str
    on: date


class NothingChanged(Instrument, frozen=True, kw_only=True):
    """A statement that it all stands: worth a record."""

    statement: str


# --- what happens under the deal, and changes none of its terms ---------------------------------------------


class Figure(Value, frozen=True, kw_only=True):
    """An amount of a measure for the days `start` through `through`; `currency` None: a count, or the deal's own.

    `rows`: where it was summed from a file: how many rows, the first and the last of them. `nature`: where it was
    declared, whether the measure is a flow (adds up over days), a stock (a value at a day) or a rate (holds on a day).
    """

    measure: str
    start: date = msgspec.field(name="from")
    through: date
    amount: Decimal
    currency: str | None = None
    dimensions: dict[str, str] = {}
    rows: tuple[int, int, int] | None = None
    nature: Literal["flow", "stock", "rate"] | None = None


class LinesFile(Value, frozen=True, kw_only=True):
    """The file that figures were summed from: its SHA-256 (lower-case hex), size in bytes, and rows in all.

    `by`: a sum for each `day`, or for each `segment` (a month, cut where terms change).
    """

    sha256: str
    name: str
    size: int
    rows: int
    by: Literal["day", "segment"]


class DaySpan(Value, frozen=True, kw_only=True):
    """Days, both included."""

    start: date = msgspec.field(name="from")
    through: date


class Booked(Instrument, frozen=True, kw_only=True):
    """What happens under the deal and changes none of its terms: figures, statements, payments, closings."""

    schema: ClassVar[int] = 1
    changes_terms: ClassVar[bool] = False


class MeasureReported(Booked, frozen=True, kw_only=True):
    """Figures for days of which nothing was reported before."""

    figures: tuple[Figure, ...]
    file: LinesFile | None = None


class MeasureRestated(Booked, frozen=True, kw_only=True):
    """Figures in the place of what was reported before.

    Each takes the place of its measure and dimensions on its own days; with `whole`, all that was reported of
    these measures on those days goes, whatever its dimensions.
    """

    figures: tuple[Figure, ...]
    file: LinesFile | None = None
    whole: DaySpan | None = None


class MeasureAdded(Booked, frozen=True, kw_only=True):
    """Figures on top of what is reported for the same days and dimensions: rows that came late."""

    figures: tuple[Figure, ...]
    file: LinesFile | None = None


Report: TypeAlias = MeasureReported | MeasureRestated | MeasureAdded


class RateRecorded(Booked, frozen=True, kw_only=True):
    """One unit of `base` is `rate` units of `quote`, on the days `start` through `through` (ISO 4217 codes)."""

    base: str
    quote: str
    rate: Decimal
    start: date = msgspec.field(name="from")
    through: date


class MemberPart(Value, frozen=True, kw_only=True):
    """What a member of a pool gets of a payment; `amount` None where nobody has said its part."""

    party: str
    part: str | None = None
    amount: Decimal | None = None
    at_most: Decimal | None = None


class Arithmetic(Value, frozen=True, kw_only=True):
    """One line of how an amount came about; `depth`: how far it is indented.

    `kind`: a `base`, a `slice`, a `limit` or a `part` of the period; None: the arithmetic between them.
    """

    depth: int
    text: str
    kind: str | None = None


class Due(Value, frozen=True, kw_only=True):
    """What a clause comes to in one of its own periods; `amount` None where it cannot be computed.

    `low` and `high` bound what cannot. `entries`: the positions of those that say the terms.
    """

    clause: str
    payer: str
    payee: str
    start: date = msgspec.field(name="from")
    through: date
    terms: str
    entries: tuple[int, ...]
    amount: Decimal | None = None
    exact: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    payable: date | None = None
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    members: tuple[MemberPart, ...] = ()
    arithmetic: tuple[Arithmetic, ...] = ()


class Cause(Value, frozen=True, kw_only=True):
    """How much of a difference an entry made; `entry` None: what has become known since."""

    amount: Decimal
    entry: int | None = None
    says: str = ""


class TrueUp(Value, frozen=True, kw_only=True):
    """What an earlier period comes to now, against what was stated of it; `amount` is the difference.

    `stated` None: no statement had it yet. `now` and `amount` None: it cannot be computed any more, or yet.
    `members`: what the difference is for each member of a pool; of a member whose part was or is unknown, no amount.
    """

    clause: str
    payer: str
    payee: str
    start: date = msgspec.field(name="from")
    through: date
    stated: Decimal | None = None
    statement: int | None = None
    now: Decimal | None = None
    amount: Decimal | None = None
    causes: tuple[Cause, ...] = ()
    missing: tuple[str, ...] = ()
    members: tuple[MemberPart, ...] = ()


class Receipt(Value, frozen=True, kw_only=True):
    """A payment that a statement counts, negative where it was paid back; `undone`: one that was counted before,
    and does not stand as it was.
    """

    entry: int
    dated: date
    amount: Decimal
    undone: bool = False


class Earlier(Value, frozen=True, kw_only=True):
    """What was decided of all that was due before the day `before`, the first that was stated, and is in no statement.

    `since`: statements have it, of the days from this one on. Or `elsewhere`: where it was settled, in words.
    """

    before: date
    since: date | None = None
    elsewhere: str | None = None


class StatementIssued(Booked, frozen=True, kw_only=True):
    """What one party owes another for a period, as it was said to them: for good.

    The account is counted as what `payer` owes; with `net`, what `payee` owes is set off. `opening` + `dues` +
    `true_ups` - `receipts` = `closing`. It stands on the entries up to `position` (their root `root`, in base64),
    known by `known_by`. `digest`: SHA-256 of the event's own JSON without it. `replaces`: the version of the
    statement of the same period, not closed yet, that it takes the place of. `earlier` (since schema 2): what was
    decided with it of earlier periods that are in no statement; None: nothing.
    """

    schema: ClassVar[int] = 2
    start: date = msgspec.field(name="from")
    through: date
    payer: str
    payee: str
    currency: str
    position: int
    root: str
    opening: Decimal
    closing: Decimal
    net: bool = False
    known_by: date | None = None
    dues: tuple[Due, ...] = ()
    true_ups: tuple[TrueUp, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    replaces: int | None = None
    digest: str = ""
    earlier: Earlier | None = None


class PaymentMade(Booked, frozen=True, kw_only=True):
    """A payment on the dated day against a statement: the one of version `statement_version` in this deal."""

    statement_version: int
    amount: Decimal


class PeriodClosed(Booked, frozen=True, kw_only=True):
    """The statements of these days stand: no other will take their place."""

    start: date = msgspec.field(name="from")
    through: date


class PeriodReopened(Booked, frozen=True, kw_only=True):
    """A closing is taken back. `closed_version`: its version in this deal."""

    closed_version: int
    reason: str


STAY = (StatementIssued, PeriodClosed, PeriodReopened)  # neither voided nor corrected: see the refusal CannotUndo


class EntryVoided(Event, frozen=True, kw_only=True):
    """An entry should never have been made. `entry_version`: that entry's version in this deal."""

    entry_version: int
    reason: str


class EntryCorrected(Event, frozen=True, kw_only=True):
    """An entry did not say what its instrument says; `data` (of `event` at `schema`) stands in its place.

    `entry_version`: the replaced entry's version in this deal.
    """

    entry_version: int
    reason: str
    event: str
    schema_of: int
    data: msgspec.Raw

    @property
    def corrected(self) -> Instrument:
        """The instrument as it should have been entered."""
        event = decode(self.event, self.schema_of, bytes(self.data))
        if not isinstance(event, Instrument):  # `correction` makes none such, but a file can
            raise UnreadableEvent(self.event, self.schema_of, "it is no instrument, and only those are corrected")
        return event


def correction(entry_version: int, reason: str, corrected: Instrument) -> EntryCorrected:
    """The event that puts `corrected` in the place of an entry."""
    name, schema, data = encode(corrected)
    return EntryCorrected(
        entry_version=entry_version, reason=reason, event=name, schema_of=schema, data=msgspec.Raw(data)
    )


# --- names, versions, bytes -------------------------------------------------------------------------------

EVENTS: dict[str, type[Event]] = {
    cls.__name__: cls
    for cls in (
        DealOpened, Amended, InterimAgreed, PartnerAdded, PartnerLeft, PlanAnnounced, PlanAdopted,
        PlanWithdrawn, TermExtended, DealEnded, ConditionMet, NothingChanged, MeasureReported, MeasureRestated,
        RateRecorded, StatementIssued, PaymentMade, PeriodClosed, PeriodReopened, EntryCorrected, EntryVoided,
        MeasureAdded, TermRenewed,
    )
}  # fmt: skip

Upcast: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]


def by_the_older_rule(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields did not change from schema version 1 to 2, but what ended clauses and terms mean."""
    return {**fields, "older_rule": True}


UPCASTS: dict[tuple[str, int], Upcast] = {  # (wire name, old schema version) -> to the next version
    **{(name, 1): by_the_older_rule for name, cls in EVENTS.items() if cls.schema == 2 and cls.first_schema == 1},
    ("StatementIssued", 1): lambda fields: fields,  # nothing was decided of earlier periods
}

_encode = msgspec.json.Encoder(order="deterministic").encode
_decoders = {name: msgspec.json.Decoder(cls) for name, cls in EVENTS.items()}


def encode(event: Event) -> tuple[str, int, bytes]:
    """The wire name, the schema version and the JSON bytes of an event."""
    return type(event).__name__, event.schema, _encode(event)


def decode(name: str, schema: int, data: bytes | str) -> Event:
    """The event of these bytes; older schema versions are upcast on reading.

    Raises UnreadableEvent for a name or version that this program does not know, or bytes that are not of it.
    """
    cls = EVENTS.get(name)
    if cls is None or schema > cls.schema or schema < cls.first_schema:
        raise UnreadableEvent(name, schema, "this version of deal does not know it")
    try:
        if schema == cls.schema:
            return _decoders[name].decode(data)
        if schema + 1 == cls.schema and UPCASTS[name, schema] is by_the_older_rule:
            return msgspec.structs.replace(_decoders[name].decode(data), older_rule=True)  # the same, and much faster
        return _upcast(cls, schema, msgspec.json.decode(data))
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UnreadableEvent(name, schema, str(error)) from None


def _upcast(cls: type[Event], schema: int, fields: dict[str, Any]) -> Event:
    while schema < cls.schema:
        fields = UPCASTS[cls.__name__, schema](fields)
        schema += 1
    # By way of JSON, since a correction carries another event as raw JSON.
    return msgspec.json.decode(msgspec.json.encode(fields), type=cls)
