"""A form: one instrument as people fill it in, word by word, made into the draft of an event.

The command line's options and a TOML file's tables are both forms: the same fields, the same refusals. `event` is
the command's word (`amend`, `partner add`); clauses are texts (see ledger.clauses); days are dates or texts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeAlias, TypeVar, cast

import msgspec

from ledger import clauses
from ledger.application import Draft, Make
from ledger.calendar import after
from ledger.clauses import Days, first_day, last_day
from ledger.entry import Entry
from ledger.errors import CannotCorrect, FieldMissing, FieldNotUnderstood, NotAnEvent, UnknownField
from ledger.events import (
    Amended,
    AnyClause,
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
    Source,
    TermExtended,
    correction,
)

Form: TypeAlias = Mapping[str, Any]
T = TypeVar("T")

HEAD = ("deal", "event", "key")
PAPER = ("dated", "known_since", "evidence", "source", "note")
SPAN = ("from", "through", "until", "survives")
CLAUSES = ("pays", "defines", "right", "commits", "drop")
SETS = (*SPAN, *CLAUSES, "pool", "term")

FIELDS: dict[str, tuple[str, ...]] = {
    "open": (*PAPER, *SETS, "title", "party"),
    "amend": (*PAPER, *SETS),
    "interim": (*PAPER, *SETS),
    "plan": (*PAPER, *SETS),
    "adopt": (*PAPER, *SETS, "plan"),
    "withdraw": (*PAPER, "plan"),
    "partner add": (*PAPER, *SPAN, *CLAUSES, "party", "pool"),
    "partner leave": (*PAPER, *SPAN, *CLAUSES, "party", "pool"),
    "extend": (*PAPER, *SPAN, *CLAUSES),
    "end": (*PAPER, "through", *CLAUSES),
    "met": (*PAPER, "condition", "on"),
    "affirm": (*PAPER, "statement"),
    "correct": (*PAPER, *SETS, "entry", "reason", "remove", "as", "title", "party", "condition", "on", "statement"),
    "void": ("entry", "reason"),
}
KINDS: dict[str, type[Instrument]] = {"amend": Amended, "interim": InterimAgreed, "plan": PlanAnnounced}


def draft_of(form: Form, place: str = "") -> Draft:
    """The draft that a form is; raises the Refusal for the first field that is not understood."""
    word = str(form.get("event", ""))
    if word not in FIELDS:
        raise NotAnEvent(word, tuple(FIELDS))
    for field in form:
        if field not in FIELDS[word] and field not in HEAD:
            raise UnknownField(field, word, FIELDS[word])
    about = {"adopt": "plan", "withdraw": "plan", "correct": "entry", "void": "entry"}.get(word)
    event = _EVENTS[word](form)
    key = _text(form, "key") if "key" in form else None
    said = repr(sorted(form.items())) if about else ""
    return Draft(_text(form, "deal"), event, key, _text(form, about) if about else None, place, said)


# --- the instruments, by their words ----------------------------------------------------------------------


def _open(form: Form) -> Event:
    parties = _texts(form, "party")
    if not parties:
        raise FieldMissing("party", "open")
    title = _text(form, "title") if "title" in form else _text(form, "deal")
    return DealOpened(
        title=clauses.clean(title), parties=tuple(map(clauses.clean, parties)), **_paper(form), **_sets(form)
    )


def _simple(form: Form) -> Event:
    return KINDS[str(form["event"])](**_paper(form), **_sets(form))


def _partner_add(form: Form) -> Event:
    days = _days(form)
    return PartnerAdded(
        party=clauses.clean(_text(form, "party")), pool=_pool_name(form), start=days.start,
        clauses=_clauses(form, days), **_paper(form),
    )  # fmt: skip


def _partner_leave(form: Form) -> Event:
    days = _days(form)
    if days.through is None:
        raise FieldMissing("through", "partner leave")
    dropped = Days(after(days.through))
    return PartnerLeft(
        party=clauses.clean(_text(form, "party")), pool=_pool_name(form), through=days.through,
        clauses=_clauses(form, dropped), **_paper(form),
    )  # fmt: skip


def _extend(form: Form) -> Event:
    days = _days(form)
    if days.through is None and days.until is None:
        raise FieldMissing("through", "extend")
    # The new end is the term's; clauses set along with it have none of their own.
    plain = _clauses(form, Days(days.start))
    return TermExtended(start=days.start, through=days.through, until=days.until, clauses=plain, **_paper(form))


def _end(form: Form) -> Event:
    through = _day(form, "through", last_day)
    return DealEnded(through=through, clauses=_clauses(form, Days(after(through))), **_paper(form))


def _met(form: Form) -> Event:
    return ConditionMet(
        condition=clauses.clean(_text(form, "condition")), on=_day(form, "on", last_day), **_paper(form)
    )


def _affirm(form: Form) -> Event:
    return NothingChanged(statement=_text(form, "statement"), **_paper(form))


def _withdraw(form: Form) -> Make:
    paper = _paper(form)
    return lambda entry, _: PlanWithdrawn(plan_version=entry.version, **paper)


def _adopt(form: Form) -> Make:
    """The plan's clauses become binding, not before `from`; given ones stand in for its own of the same key."""
    paper, given = _paper(form), _sets(form)
    earliest = _day(form, "from", first_day) if "from" in form else date.min

    def make(entry: Entry, plan: Instrument | None) -> Event:
        planned = [msgspec.structs.replace(c, start=max(c.start, earliest)) for c in plan.clauses] if plan else []
        pools = tuple(dict.fromkeys([*(plan.pools if plan else ()), *given["pools"]]))
        return PlanAdopted(
            plan_version=entry.version, pools=pools, clauses=_merged(planned, given["clauses"], ()), **paper
        )

    return make


def _void(form: Form) -> Make:
    reason = _reason(form)
    return lambda entry, _: EntryVoided(entry_version=entry.version, reason=reason)


def _correct(form: Form) -> Make:
    """What is given replaces what stands there; clauses by their key, `remove` takes clauses out."""
    reason = _reason(form)

    def make(entry: Entry, there: Instrument | None) -> Event:
        if there is None:
            raise CannotCorrect(str(entry), type(entry.event).__name__)
        return correction(entry.version, reason, _corrected(form, there))

    return make


_EVENTS: dict[str, Callable[[Form], Event | Make]] = {
    "open": _open, "amend": _simple, "interim": _simple, "plan": _simple, "adopt": _adopt, "withdraw": _withdraw,
    "partner add": _partner_add, "partner leave": _partner_leave, "extend": _extend, "end": _end, "met": _met,
    "affirm": _affirm, "correct": _correct, "void": _void,
}  # fmt: skip


# --- corrections ------------------------------------------------------------------------------------------


def _corrected(form: Form, there: Instrument) -> Instrument:
    fields = {name: getattr(there, name) for name in there.__struct_fields__}
    fields |= _paper({"dated": there.dated, **form}, keep=there)
    days = {name: value for name, value in _span_fields(form).items() if value}
    own = {name: value for name, value in days.items() if name in fields}
    kept = [msgspec.structs.replace(c, **days) for c in there.clauses] if not own else list(there.clauses)
    start = cast("date", fields.get("start", there.dated))
    given = _sets({"dated": days.get("start", kept[0].start if kept else start), **form}, kept)
    fields |= own
    fields["pools"] = tuple(dict.fromkeys([*there.pools, *given["pools"]]))
    fields["clauses"] = _merged(kept, given["clauses"], _texts(form, "remove"))
    for name in ("title", "condition", "statement"):
        if name in form:
            fields[name] = clauses.clean(_known_field(form, name, fields))
    if "on" in form:
        fields["on"] = _day(form, "on", last_day)
    if "party" in form:
        parties = tuple(map(clauses.clean, _texts(form, "party")))
        fields |= {"parties": parties} if "parties" in fields else {"party": parties[0]}
    kind = KINDS.get(_text(form, "as"), type(there)) if "as" in form else type(there)
    wanted = {name: value for name, value in fields.items() if name in kind.__struct_fields__}
    return kind(**wanted)


def _known_field(form: Form, name: str, fields: Mapping[str, Any]) -> str:
    if name not in fields:
        raise UnknownField(name, "correct", tuple(fields))
    return _text(form, name)


def _merged(kept: Sequence[AnyClause], given: Sequence[AnyClause], remove: Sequence[str]) -> tuple[AnyClause, ...]:
    replaced = {clause.key for clause in given}
    present = {clause.key for clause in kept}
    for key in remove:
        if key not in present:
            raise FieldNotUnderstood("remove", key, f"a clause of the entry, which has {', '.join(sorted(present))}")
    return (*(c for c in kept if c.key not in replaced and c.key not in remove), *given)


# --- the parts of a form ----------------------------------------------------------------------------------


def _paper(form: Form, keep: Instrument | None = None) -> dict[str, Any]:
    dated = _day(form, "dated", first_day)
    evidence = _text(form, "evidence") if "evidence" in form else keep.evidence if keep else "confirmed"
    if evidence not in ("confirmed", "reported"):
        raise FieldNotUnderstood("evidence", evidence, "confirmed (by a party) or reported (by others)")
    return {
        "dated": dated,
        "known_since": _day(form, "known_since", first_day) if "known_since" in form else keep and keep.known_since,
        "evidence": evidence,
        "sources": tuple(_source(s) for s in _list(form, "source"))
        if "source" in form
        else keep.sources
        if keep
        else (),
        "note": _text(form, "note") if "note" in form else keep and keep.note,
    }


def _source(value: Any) -> Source:
    if isinstance(value, str):
        return Source(title=value)
    try:
        return msgspec.convert(value, Source)
    except msgspec.ValidationError as error:
        raise FieldNotUnderstood(
            "source", str(value), f"publisher, title, published, address, quote ({error})"
        ) from None


def _sets(form: Form, kept: Sequence[AnyClause] = ()) -> dict[str, Any]:
    """The clauses and the pools of a form, as the fields of an instrument; `kept`: see `_clauses`."""
    days = _days(form)
    pools, found = [], list(_clauses(form, days, kept))
    for text in _texts(form, "pool"):
        name, members = clauses.pool(text, days)
        pools.append(name)
        found += members
    if "term" in form:
        found.append(clauses.term(_text(form, "term"), Days(days.start)))
    return {"clauses": tuple(found), "pools": tuple(pools)}


def _clauses(form: Form, days: Days, kept: Sequence[AnyClause] = ()) -> tuple[AnyClause, ...]:
    """The clauses of a form. One that stands in for one of `kept` has its days where its text says none."""
    return tuple(_clause(name, text, days, kept) for name in CLAUSES for text in _texts(form, name))


def _clause(name: str, text: str, days: Days, kept: Sequence[AnyClause]) -> AnyClause:
    clause = clauses.READERS[name](text, days)
    same = [c for c in kept if c.key == clause.key]
    if len(same) != 1:
        return clause
    return clauses.READERS[name](text, Days(same[0].start, same[0].through, same[0].until, same[0].survives))


def _days(form: Form) -> Days:
    given = _span_fields(form)
    return Days(**{**given, "start": given["start"] or _day(form, "dated", first_day)})


def _span_fields(form: Form) -> dict[str, Any]:
    return {
        "start": _day(form, "from", first_day) if "from" in form else None,
        "through": _day(form, "through", last_day) if "through" in form else None,
        "until": clauses.clean(_text(form, "until")) if "until" in form else None,
        "survives": _flag(form, "survives"),
    }


def _flag(form: Form, field: str) -> bool:
    value = form.get(field, False)
    if not isinstance(value, bool):
        raise FieldNotUnderstood(field, str(value), "true or false")
    return value


def _pool_name(form: Form) -> str | None:
    return clauses.clean(_text(form, "pool")) if "pool" in form else None


def _reason(form: Form) -> str:
    return _text(form, "reason") if "reason" in form else ""  # the deal refuses an empty one


def _day(form: Form, field: str, read: Callable[[str], date]) -> date:
    value = _needed(form, field)
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str):
        return read(value)
    if isinstance(value, int):
        return read(str(value))
    raise FieldNotUnderstood(field, str(value), "a day, for example 2025-01-21, without a time of day")


def _text(form: Form, field: str) -> str:
    value = _needed(form, field)
    if isinstance(value, int) and field in ("entry", "plan") and not isinstance(value, bool):
        return f"#{value}"
    if not isinstance(value, str):
        raise FieldNotUnderstood(field, str(value), "a text")
    return value


def _texts(form: Form, field: str) -> list[str]:
    values = _list(form, field)
    for value in values:
        if not isinstance(value, str):
            raise FieldNotUnderstood(field, str(value), "a text, or a list of texts")
    return values


def _list(form: Form, field: str) -> list[Any]:
    value = form.get(field, [])
    return list(value) if isinstance(value, list | tuple) else [value]


def _needed(form: Form, field: str) -> Any:
    if field not in form:
        raise FieldMissing(field, str(form.get("event", "")))
    return form[field]
