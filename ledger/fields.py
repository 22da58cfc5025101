"""The fields of a form: days, texts, sources and clauses, read or refused by name.

A form is a mapping of field names to what a person wrote: texts, dates, lists.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, TypeAlias

import msgspec

from ledger import clauses
from ledger.clauses import Days, first_day, last_day
from ledger.errors import FieldMissing, FieldNotUnderstood
from ledger.events import AnyClause, Instrument, Source

Form: TypeAlias = Mapping[str, Any]

CLAUSES = ("pays", "defines", "right", "commits", "nets", "drop")


def paper_in(form: Form, keep: Instrument | None = None) -> dict[str, Any]:
    """What every instrument has: its days, evidence, sources and note; what is not given is as in `keep`."""
    dated = day_in(form, "dated", first_day)
    evidence = text_in(form, "evidence") if "evidence" in form else keep.evidence if keep else "confirmed"
    if evidence not in ("confirmed", "reported"):
        raise FieldNotUnderstood("evidence", evidence, "confirmed (by a party) or reported (by others)")
    return {
        "dated": dated,
        "known_since": day_in(form, "known_since", first_day) if "known_since" in form else keep and keep.known_since,
        "evidence": evidence,
        "sources": tuple(_source(s) for s in list_in(form, "source"))
        if "source" in form
        else keep.sources
        if keep
        else (),
        "note": text_in(form, "note") if "note" in form else keep and keep.note,
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


def sets_in(form: Form, kept: Sequence[AnyClause] = ()) -> dict[str, Any]:
    """The clauses and the pools of a form, as the fields of an instrument; `kept`: see `clauses_in`.

    Where it says a term by its first day, the clauses begin on that day too, unless it says on which.
    """
    days = days_in(form)
    term = clauses.term(text_in(form, "term"), Days(days.start)) if "term" in form else None
    if term and not term.extends and "from" not in form:
        days = replace(days, start=term.start)
    pools, found = [], list(clauses_in(form, days, kept))
    for text in texts_in(form, "pool"):
        name, members = clauses.pool(text, days)
        pools.append(name)
        found += members
    if term:
        found.append(term)
    return {"clauses": tuple(found), "pools": tuple(pools)}


def clauses_in(form: Form, days: Days, kept: Sequence[AnyClause] = ()) -> tuple[AnyClause, ...]:
    """The clauses of a form, on these days where their own texts do not say; raises NotationError.

    One that stands in for one of `kept` has that one's days instead.
    """
    return tuple(_clause(name, text, days, kept) for name in CLAUSES for text in texts_in(form, name))


def _clause(name: str, text: str, days: Days, kept: Sequence[AnyClause]) -> AnyClause:
    clause = clauses.READERS[name](text, days)
    same = [c for c in kept if c.key == clause.key]
    if len(same) != 1:
        return clause
    there = same[0]
    return clauses.READERS[name](text, Days(there.start, there.through, there.until, there.survives, there.then))


def days_in(form: Form) -> Days:
    """The span of a form's clauses: from the dated day, where it does not say."""
    given = span_fields(form)
    return Days(**{**given, "start": given["start"] or day_in(form, "dated", first_day)})


def span_fields(form: Form) -> dict[str, Any]:
    """The span as far as the form says it."""
    return {
        "start": day_in(form, "from", first_day) if "from" in form else None,
        "through": day_in(form, "through", last_day) if "through" in form else None,
        "until": clauses.clean(text_in(form, "until")) if "until" in form else None,
        "survives": _flag(form, "survives"),
    }


def _flag(form: Form, field: str) -> bool:
    value = form.get(field, False)
    if not isinstance(value, bool):
        raise FieldNotUnderstood(field, str(value), "true or false")
    return value


def pool_name(form: Form) -> str | None:
    """The pool that a partner joins or leaves."""
    return clauses.clean(text_in(form, "pool")) if "pool" in form else None


def reason_in(form: Form) -> str:
    """The reason, or nothing: the deal refuses an empty one."""
    return text_in(form, "reason") if "reason" in form else ""


def day_in(form: Form, field: str, read: Callable[[str], date]) -> date:
    """A day: a date, or a text that `read` reads. Raises FieldMissing, FieldNotUnderstood, NotAPeriod, NoSuchDay."""
    value = _needed(form, field)
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str):
        return read(value)
    if isinstance(value, int):
        return read(str(value))
    raise FieldNotUnderstood(field, str(value), "a day, for example 2025-01-21, without a time of day")


def text_in(form: Form, field: str) -> str:
    """A text; the number of an entry may be a number. Raises FieldMissing, FieldNotUnderstood."""
    value = _needed(form, field)
    if isinstance(value, int) and field in ("entry", "plan", "statement", "closing") and not isinstance(value, bool):
        return f"#{value}"
    if not isinstance(value, str):
        raise FieldNotUnderstood(field, str(value), "a text")
    return value


def texts_in(form: Form, field: str) -> list[str]:
    """A list of texts; one text is a list of one. Raises FieldNotUnderstood."""
    values = list_in(form, field)
    for value in values:
        if not isinstance(value, str):
            raise FieldNotUnderstood(field, str(value), "a text, or a list of texts")
    return values


def list_in(form: Form, field: str) -> list[Any]:
    """A list of whatever stands there; one thing is a list of one, nothing is an empty list."""
    value = form.get(field, [])
    return list(value) if isinstance(value, list | tuple) else [value]


def _needed(form: Form, field: str) -> Any:
    if field not in form:
        raise FieldMissing(field, str(form.get("event", "")))
    return form[field]
