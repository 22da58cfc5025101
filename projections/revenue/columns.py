"""Whose columns mean what: a mapping from other people's words to ours, and a file's columns laid out by it.

Without a mapping the columns are called what they are: deal, day or period (or from and through), measure, amount,
currency; any other column is a dimension.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from ledger.errors import ColumnsNotFit, MappingNotReadable, NotReadable

WHEN = ("day", "period", "from", "through")
WORDS = ("deal", "measure", "amount", "currency", *WHEN)
OTHERS = "others"

_NAME = re.compile(r"[^\W\d]\w*")
_POWER = re.compile(r"-?(?:10*|0\.0*1)")


@dataclass(frozen=True, slots=True)
class Form:
    """How days and amounts are written there, and how the file itself is."""

    day: str | None = None  # as strptime reads it; None: ISO
    decimal: str = "."
    thousands: str = ""
    negative: str = "-1"  # or 1-, or (1)
    places: int = 4
    times: Decimal = Decimal(1)
    doubles: bool = False  # whether binary doubles are read as the decimals that they print as
    encoding: str = "utf-8-sig"
    separator: str | None = None
    quote: str | None = None  # '"': cells in quotation marks, over lines too; "": the marks are text; None: not said
    header: int = 1
    row: str = "id"  # of a table: the column whose whole numbers name its rows

    @property
    def plain_amounts(self) -> bool:
        """Whether amounts are written as ours are, so that an engine can read them itself."""
        return (self.decimal, self.thousands, self.negative) == (".", "", "-1")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a mapping file says: our words for their columns, constants, values, and forms."""

    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    measures: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    ignore: frozenset[str] = frozenset()
    form: Form = field(default_factory=Form)

    def layout(self, names: Sequence[str]) -> Layout:
        """Where each word is in a file with these columns, by number from 0. Look at `problems` first."""
        at = {name: number for number, name in enumerate(names)}
        mapped = {ours: theirs for ours, theirs in self.columns.items() if theirs in at}
        taken = {*self.columns.values(), *self.measures.values(), *self.ignore}
        if OTHERS not in self.ignore:
            free = [name for name in names if name not in taken and name not in self.constants]
            mapped |= {name: name for name in free if name not in mapped}
        found = {ours: at[theirs] for ours, theirs in mapped.items()}
        when = next(((w,) for w in ("day", "period") if w in found), ("from", "through"))
        return Layout(
            names=tuple(names),
            deal=found.get("deal"),
            measure=found.get("measure"),
            amount=found.get("amount"),
            currency=found.get("currency"),
            when=tuple(found[word] for word in when if word in found),
            kind=when[0] if when[0] in found else next((w for w in WHEN if w in self.constants), None),
            measures=tuple((name, at[theirs]) for name, theirs in self.measures.items() if theirs in at),
            dimensions=tuple((name, found[name]) for name in sorted(found) if name not in WORDS),
            problems=tuple(self._problems(names, found)),
        )

    def _problems(self, names: Sequence[str], found: Mapping[str, int]) -> list[str]:
        twice = sorted({name for name in names if list(names).count(name) > 1})
        problems = [f"the column '{name}' stands in it twice" for name in twice]
        missing = [*self.columns.values(), *self.measures.values()]
        problems += [f"there is no column '{name}', which the mapping names" for name in missing if name not in names]
        taken = {*self.columns.values(), *self.measures.values(), *self.ignore}
        if OTHERS not in taken:
            both = [name for name in names if name in self.constants and name not in taken]
            problems += [
                f"'{name}' is a column, and is given for all rows as well: ignore one of them" for name in both
            ]
        having = found.keys() | self.constants.keys()
        wide = bool(self.measures)
        needed = ["deal", *([] if wide else ["measure", "amount"])]
        problems += [f"there is no column '{word}'" for word in needed if word not in having]
        if wide and having & {"measure", "amount"}:
            problems.append("its measures are columns, and there is a column 'measure' or 'amount' as well")
        when = [word for word in WHEN if word in having]
        if when not in (["day"], ["period"], ["from", "through"]):
            problems.append(f"it needs one of 'day', 'period', or 'from' and 'through'; it has {_or_none(when)}")
        if ("from" in found) != ("through" in found) and when == ["from", "through"]:
            problems.append("'from' and 'through' are to be both columns, or both constants")
        return problems + [
            f"the column '{name}' cannot be a dimension: a name is a letter, then letters, digits and _"
            for name in sorted(found)
            if name not in WORDS and not _NAME.fullmatch(name)
        ]


@dataclass(frozen=True, slots=True)
class Layout:
    """Which column of a file is what, by number from 0; None where a constant says it, or nothing does."""

    names: tuple[str, ...]
    deal: int | None
    measure: int | None
    amount: int | None
    currency: int | None
    when: tuple[int, ...]
    kind: str | None  # day, period or from: what the columns of `when` are
    measures: tuple[tuple[str, int], ...]
    dimensions: tuple[tuple[str, int], ...]
    problems: tuple[str, ...]

    @property
    def keys(self) -> tuple[int, ...]:
        """The columns that say what a line's amount is of: all that are used, without the days and the amounts."""
        found = [self.deal, self.measure, self.currency, *(number for _, number in self.dimensions)]
        return tuple(number for number in found if number is not None)

    @property
    def amounts(self) -> tuple[int, ...]:
        """The columns of amounts: one, or one for each measure."""
        return (self.amount,) if self.amount is not None else tuple(number for _, number in self.measures)

    def checked(self, name: str) -> Layout:
        """The layout itself. Raises ColumnsNotFit."""
        if self.problems:
            raise ColumnsNotFit(name, self.names, self.problems)
        return self


def _or_none(words: Sequence[str]) -> str:
    return " and ".join(f"'{word}'" for word in words) or "none of them"


# --- the mapping file -------------------------------------------------------------------------------------


def read_plan(path: Path | None, into_deal: str | None = None) -> Plan:
    """The plan that a TOML file says, and that all lines are of one deal. Raises MappingNotReadable, NotReadable."""
    document: dict[str, Any] = {}
    if path is not None:
        try:
            document = tomllib.loads(path.read_bytes().decode("utf-8-sig"), parse_float=Decimal)
        except OSError as error:
            raise NotReadable(str(path), error.strerror or str(error)) from None
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise MappingNotReadable(str(path), [str(error)]) from None
    problems = [f"there is no part '{part}'" for part in document if part not in _PARTS]
    read = {name: part(document[name], problems) for name, part in _PARTS.items() if name in document}
    plan = Plan(**read)
    problems += [f"'{word}' is both a column and a constant" for word in plan.columns if word in plan.constants]
    ours = [*plan.constants, *plan.measures, *plan.values]
    problems += [f"'{name}' is not a name of ours" for name in ours if not _NAME.fullmatch(name)]
    problems += [f"'values.{word}' has no values to map" for word in plan.values if word in ("amount", *WHEN)]
    if problems:
        raise MappingNotReadable(str(path), problems)
    if into_deal is None:
        return plan
    columns = {ours: theirs for ours, theirs in plan.columns.items() if ours != "deal"}
    ignore = plan.ignore | {theirs for ours, theirs in plan.columns.items() if ours == "deal"}
    return Plan(columns, {**plan.constants, "deal": into_deal}, plan.measures, plan.values, ignore, plan.form)


def _texts(name: str) -> Callable[[Any, list[str]], dict[str, str]]:
    def read(part: Any, problems: list[str]) -> dict[str, str]:
        if not isinstance(part, dict) or not all(isinstance(value, str) for value in part.values()):
            problems.append(f"'{name}' is not a table of texts")
            return {}
        return part

    return read


def _values(part: Any, problems: list[str]) -> dict[str, dict[str, str]]:
    if not isinstance(part, dict):
        problems.append("'values' is not a table of tables")
        return {}
    return {word: _texts(f"values.{word}")(table, problems) for word, table in part.items()}


def _ignored(part: Any, problems: list[str]) -> frozenset[str]:
    if part == OTHERS:
        return frozenset([OTHERS])
    if not isinstance(part, list) or not all(isinstance(name, str) for name in part):
        problems.append("'ignore' is not a list of columns, and not \"others\"")
        return frozenset()
    return frozenset(part)


def _form(part: Any, problems: list[str]) -> Form:
    if not isinstance(part, dict):
        problems.append("'form' is not a table")
        return Form()
    wrong = [name for name, value in part.items() if name not in _FORMS or not _FORMS[name](value)]
    problems += [f"form.{name} = {part[name]!r} is not understood" for name in wrong]
    said = {name: value for name, value in part.items() if name not in wrong}
    if "times" in said:
        said["times"] = Decimal(said["times"])
    form = Form(**said)
    if form.decimal == form.thousands:
        problems.append("form.decimal and form.thousands are the same sign")
    return form


def _encoding(name: Any) -> bool:
    try:
        return isinstance(name, str) and isinstance(" ".encode(name), bytes)
    except (LookupError, UnicodeError):
        return False


_PARTS: dict[str, Callable[[Any, list[str]], Any]] = {
    "columns": _texts("columns"),
    "constants": _texts("constants"),
    "measures": _texts("measures"),
    "values": _values,
    "ignore": _ignored,
    "form": _form,
}

_FORMS: dict[str, Callable[[Any], bool]] = {
    "day": lambda value: isinstance(value, str) and "%" in value,
    "decimal": lambda value: value in (".", ","),
    "thousands": lambda value: value in ("", ",", ".", " ", "'", "_", "\u00a0", "\u202f", "\u2019"),
    "negative": lambda value: value in ("-1", "1-", "(1)"),
    "places": lambda value: type(value) is int and 0 <= value <= 12,
    "times": lambda value: isinstance(value, str) and _POWER.fullmatch(value) is not None,
    "doubles": lambda value: isinstance(value, bool),
    "encoding": _encoding,
    "separator": lambda value: isinstance(value, str) and len(value) == 1 and value not in '"\r\n',
    "quote": lambda value: value in ("", '"'),
    "header": lambda value: type(value) is int and value >= 1,
    "row": lambda value: isinstance(value, str) and value != "",
}
