"""A form: one instrument as people fill it in, word by word, made into the draft of an event.

The command line's options and a TOML file's tables are both forms: the same fields, the same refusals. `event` is
the command's word (`amend`, `partner add`); clauses are texts (see ledger.clauses); days are dates or texts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, cast

import msgspec

from ledger import clauses, vouchers
from ledger.batch import Draft, Make
from ledger.calendar import after
from ledger.clauses import Days, first_day, last_day
from ledger.entry import Entry
from ledger.errors import (
    CannotCorrect,
    FieldMissing,
    FieldNotUnderstood,
    NotAnEvent,
    RenewalNeedsAStart,
    UnknownField,
)
from ledger.events import (
    Amended,
    AnyClause,
    Booked,
    ConditionMet,
    DealEnded,
    DealOpened,
    EntryVoided,
    Event,
    Instrument,
    InterimAgreed,
    NothingChanged,
    PartnerAdded,
    PartnerLeft,
    PlanAdopted,
    PlanAnnounced,
    PlanWithdrawn,
    Term,
    TermExtended,
    TermRenewed,
    correction,
)
from ledger.fields import (
    CLAUSES,
    Form,
    clauses_in,
    day_in,
    days_in,
    paper_in,
    pool_name,
    reason_in,
    sets_in,
    span_fields,
    text_in,
    texts_in,
)

HEAD = ("deal", "event", "key")
PAPER = ("dated", "known_since", "evidence", "source", "note")
SPAN = ("from", "through", "until", "survives")
SETS = (*SPAN, *CLAUSES, "pool", "term")

FIELDS: dict[str, tuple[str, ...]] = {
    "open": (*PAPER, *SETS, "title", "party"),
    "amend": (*PAPER, *SETS),
    "interim": (*PAPER, *SETS),
    "plan": (*PAPER, *SETS),
    "adopt": (*PAPER, *SETS, "plan"),
    "withdraw": (*PAPER, "plan"),
    "partner add": (*PAPER, *SPAN, *CLAUSES, "party", "pool", "part"),
    "partner leave": (*PAPER, *SPAN, *CLAUSES, "party", "pool"),
    "extend": (*PAPER, *SPAN, *CLAUSES),
    "renew": (*PAPER, *SETS),
    "end": (*PAPER, "through", *CLAUSES),
    "met": (*PAPER, "condition", "on"),
    "affirm": (*PAPER, "statement"),
    **{word: (*PAPER, *fields) for word, fields in vouchers.FIELDS.items()},
    "correct": (
        *PAPER, *SETS, "entry", "reason", "remove", "as", "title", "party", "condition", "on", "statement",
        *vouchers.FIGURES, "amount", "rate",
    ),
    "void": ("entry", "reason"),
}  # fmt: skip
ABOUT = {"adopt": "plan", "withdraw": "plan", "correct": "entry", "void": "entry", **vouchers.ABOUT}
KINDS: dict[str, type[Instrument]] = {"amend": Amended, "interim": InterimAgreed, "plan": PlanAnnounced}


def draft_of(form: Form, place: str = "") -> Draft:
    """The draft that a form is; raises the Refusal for the first field that is not understood."""
    word = str(form.get("event", ""))
    if word not in FIELDS:
        raise NotAnEvent(word, tuple(FIELDS))
    for field in form:
        if field not in FIELDS[word] and field not in HEAD:
            raise UnknownField(field, word, FIELDS[word])
    about = ABOUT.get(word)
    event = _EVENTS[word](form)
    key = text_in(form, "key") if "key" in form else None
    said = repr(sorted(form.items())) if about else ""
    of = text_in(form, about) if about else None
    return Draft(text_in(form, "deal"), event, key, of, place, said, former=_former(form, event))


def _former(form: Form, event: Event | Make) -> Instrument | None:
    """What version 0.2.0 made of a form with a term: its clauses began on the dated day, whatever the term said."""
    if "term" not in form or not isinstance(event, Instrument) or isinstance(event, TermRenewed):
        return None
    former = event if "from" in form else _EVENTS[str(form["event"])]({**form, "from": form["dated"]})
    assert isinstance(former, Instrument)  # as the event is
    plain = (msgspec.structs.replace(c, extends=False) if type(c) is Term else c for c in former.clauses)
    return msgspec.structs.replace(former, clauses=tuple(plain))


# --- the instruments, by their words ----------------------------------------------------------------------


def _open(form: Form) -> Event:
    parties = texts_in(form, "party")
    if not parties:
        raise FieldMissing("party", "open")
    title = text_in(form, "title") if "title" in form else text_in(form, "deal")
    members, said = tuple(map(clauses.clean, parties)), sets_in(form)
    return DealOpened(
        title=clauses.clean(title), parties=members, **paper_in(form), **{**said, "clauses": _first(said["clauses"])}
    )


def _first(given: Sequence[AnyClause]) -> tuple[AnyClause, ...]:
    """The clauses of a first agreement: there is no term yet that its own could extend."""
    return tuple(msgspec.structs.replace(c, extends=False) if type(c) is Term else c for c in given)


def _simple(form: Form) -> Event:
    return KINDS[str(form["event"])](**paper_in(form), **sets_in(form))


def _partner_add(form: Form) -> Event:
    days = days_in(form)
    return PartnerAdded(
        party=clauses.clean(text_in(form, "party")), pool=pool_name(form), start=days.start,
        part=text_in(form, "part") if "part" in form else None,
        clauses=clauses_in(form, days), **paper_in(form),
    )  # fmt: skip


def _partner_leave(form: Form) -> Event:
    days = days_in(form)
    if days.through is None:
        raise FieldMissing("through", "partner leave")
    dropped = Days(after(days.through))
    return PartnerLeft(
        party=clauses.clean(text_in(form, "party")), pool=pool_name(form), through=days.through,
        clauses=clauses_in(form, dropped), **paper_in(form),
    )  # fmt: skip


def _extend(form: Form) -> Event:
    days = days_in(form)
    if days.through is None and days.until is None:
        raise FieldMissing("through", "extend")
    # The new end is the term's; clauses set along with it have none of their own.
    plain = clauses_in(form, Days(days.start))
    return TermExtended(start=days.start, through=days.through, until=days.until, clauses=plain, **paper_in(form))


def _renew(form: Form) -> Event:
    """A new term; what is set along with it begins with it, and ends as any clause does."""
    if "term" not in form:
        raise FieldMissing("term", "renew")
    said = sets_in(form)
    term = next(clause for clause in said["clauses"] if type(clause) is Term)
    if term.extends and "from" not in form:
        raise RenewalNeedsAStart(text_in(form, "term"))
    others = tuple(clause for clause in said["clauses"] if type(clause) is not Term)
    return TermRenewed(
        start=term.start, through=term.through, until=term.until, **paper_in(form), **{**said, "clauses": others}
    )


def _end(form: Form) -> Event:
    through = day_in(form, "through", last_day)
    return DealEnded(through=through, clauses=clauses_in(form, Days(after(through))), **paper_in(form))


def _met(form: Form) -> Event:
    condition = clauses.clean(text_in(form, "condition"))
    return ConditionMet(condition=condition, on=day_in(form, "on", last_day), **paper_in(form))


def _affirm(form: Form) -> Event:
    return NothingChanged(statement=text_in(form, "statement"), **paper_in(form))


def _withdraw(form: Form) -> Make:
    paper = paper_in(form)
    return lambda entry, _: PlanWithdrawn(plan_version=entry.version, **paper)


def _adopt(form: Form) -> Make:
    """The plan's clauses become binding, not before `from`; given ones stand in for its own of the same key."""
    paper, given = paper_in(form), sets_in(form)
    earliest = day_in(form, "from", first_day) if "from" in form else date.min

    def make(entry: Entry, plan: Instrument | None) -> Event:
        # What the plan had only for days before the first one is not adopted.
        left = [c for c in plan.clauses if c.through is None or c.through >= earliest] if plan else []
        planned = [msgspec.structs.replace(c, start=max(c.start, earliest)) for c in left]
        pools = tuple(dict.fromkeys([*(plan.pools if plan else ()), *given["pools"]]))
        return PlanAdopted(
            plan_version=entry.version, pools=pools, clauses=_merged(planned, given["clauses"], ()), **paper
        )

    return make


def _void(form: Form) -> Make:
    reason = reason_in(form)
    return lambda entry, _: EntryVoided(entry_version=entry.version, reason=reason)


def _correct(form: Form) -> Make:
    """What is given replaces what stands there; clauses by their key, `remove` takes clauses out."""
    reason = reason_in(form)

    def make(entry: Entry, there: Instrument | None) -> Event:
        if there is None:
            raise CannotCorrect(str(entry), type(entry.event).__name__)
        return correction(entry.version, reason, _corrected(form, there))

    return make


_EVENTS: dict[str, Callable[[Form], Event | Make]] = {
    "open": _open, "amend": _simple, "interim": _simple, "plan": _simple, "adopt": _adopt, "withdraw": _withdraw,
    "partner add": _partner_add, "partner leave": _partner_leave, "extend": _extend, "renew": _renew, "end": _end,
    "met": _met, "affirm": _affirm, "correct": _correct, "void": _void, **vouchers.EVENTS,
}  # fmt: skip


# --- corrections ------------------------------------------------------------------------------------------


def _corrected(form: Form, there: Instrument) -> Instrument:
    fields = {name: getattr(there, name) for name in there.__struct_fields__}
    fields |= paper_in({"dated": there.dated, **form}, keep=there)
    if isinstance(there, Booked):
        return type(there)(**{**fields, **vouchers.corrected(form, there)})
    days = {name: value for name, value in span_fields(form).items() if value}
    own = {name: value for name, value in days.items() if name in fields}
    kept = [msgspec.structs.replace(c, **days) for c in there.clauses] if not own else list(there.clauses)
    start = cast("date", fields.get("start", there.dated))
    given = sets_in({"dated": days.get("start", kept[0].start if kept else start), **form}, kept)
    fields |= own
    fields["pools"] = tuple(dict.fromkeys([*there.pools, *given["pools"]]))
    fields["clauses"] = _merged(kept, given["clauses"], texts_in(form, "remove"))
    for name in ("title", "condition", "statement"):
        if name in form:
            fields[name] = clauses.clean(_known_field(form, name, fields))
    if "on" in form:
        fields["on"] = day_in(form, "on", last_day)
    if "party" in form:
        parties = tuple(map(clauses.clean, texts_in(form, "party")))
        fields |= {"parties": parties} if "parties" in fields else {"party": parties[0]}
    kind = KINDS.get(text_in(form, "as"), type(there)) if "as" in form else type(there)
    # What says clauses anew says them by the rule of today.
    fields["older_rule"] = there.older_rule and not given["clauses"]
    if kind is DealOpened:
        fields["clauses"] = _first(fields["clauses"])
    wanted = {name: value for name, value in fields.items() if name in kind.__struct_fields__}
    return kind(**wanted)


def _known_field(form: Form, name: str, fields: Mapping[str, Any]) -> str:
    if name not in fields:
        raise UnknownField(name, "correct", tuple(fields))
    return text_in(form, name)


def _merged(kept: Sequence[AnyClause], given: Sequence[AnyClause], remove: Sequence[str]) -> tuple[AnyClause, ...]:
    replaced = {clause.key for clause in given}
    present = {clause.key for clause in kept}
    for key in remove:
        if key not in present:
            raise FieldNotUnderstood("remove", key, f"a clause of the entry, which has {', '.join(sorted(present))}")
    return (*(c for c in kept if c.key not in replaced and c.key not in remove), *given)
