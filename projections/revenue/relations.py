"""A file's columns as the relations that the summing text reads: expressions of SQL for each word of a line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from ledger.errors import ColumnsNotFit
from projections.revenue.columns import Form, Layout
from projections.revenue.engine import Engine, Kind
from projections.revenue.gate import pattern

DOUBLE_DIGITS = 15  # decimals of so many digits are told apart by binary doubles (IEEE 754)
NOTHING = "1"  # stands for a column that the file does not have; the other side of a join has it as well


class Relations:
    """The views `cells` (a row each, with its flags and its cells as they are) and `lines` (an amount each)."""

    def __init__(self, engine: Engine, kinds: Mapping[str, Kind], layout: Layout, form: Form) -> None:
        self.engine, self.layout, self.form = engine, layout, form
        self.kinds = [kinds[name] for name in layout.names]
        self.keys = [at for at in layout.keys if at != layout.deal]
        self.when = [self._days(at) for at in layout.when]

    def check(self, name: str) -> None:
        """Raises ColumnsNotFit where a column is of a type that cannot be read exactly."""
        layout, problems = self.layout, []
        allowed: list[tuple[int, tuple[str, ...]]] = [(at, ("text", "integer", "day")) for at in layout.keys]
        allowed += [(at, ("text", "integer", "day", "stamp")) for at in layout.when]
        allowed += [(at, ("text", "integer", "decimal", "double")) for at in layout.amounts]
        for at, kinds in allowed:
            kind, column = self.kinds[at].name, layout.names[at]
            if kind not in kinds:
                problems.append(
                    f"the column '{column}' is of a type ({kind}) that cannot be read here; write it as text"
                )
            elif kind == "double" and not self.form.doubles:
                problems.append(
                    f"the amounts in '{column}' are binary doubles, which are not exact: write decimals, or say in the "
                    "mapping form.doubles = true, and each counts as the decimal that it was made from"
                )
            elif kind == "text" and at in layout.amounts and not self.form.plain_amounts:
                problems.append(f"the amounts in '{column}' are texts in a form of their own; write them as decimals")
        if problems:
            raise ColumnsNotFit(name, layout.names, problems)

    def make(self) -> None:
        """Makes the views."""
        amounts = [self._amount(at) for at in self.layout.amounts]
        deal = NOTHING if self.layout.deal is None else self._key(self.layout.deal)
        when = [*self.when, NOTHING, NOTHING][:2]
        columns = {"n": self.engine.row, "deal": deal, "w1": when[0], "w2": when[1]}
        columns |= {f"k{number}": self._key(at) for number, at in enumerate(self.keys)}
        columns |= {f"v{number}": value for number, (value, _) in enumerate(amounts)}
        columns["bad"] = f"CASE WHEN {' OR '.join(bad for _, bad in amounts)} THEN 1 ELSE 0 END"
        columns |= {f"c{number}": self._column(number) for number in range(len(self.layout.names))}
        shown = ", ".join(f"{expression} AS {name}" for name, expression in columns.items())
        self.engine.view("cells", f"SELECT {shown} FROM {self.engine.file}")
        shared = ", ".join(["n", "deal", "w1", "w2", *(f"k{number}" for number in range(len(self.keys)))])
        if self.layout.measures:  # which of the measures is one key more
            parts = [
                f"SELECT {shared}, {number} AS k{len(self.keys)}, v{number} AS amount "
                f"FROM cells WHERE v{number} IS NOT NULL"
                for number in range(len(amounts))
            ]
        else:
            parts = [f"SELECT {shared}, v0 AS amount FROM cells"]
        self.engine.view("lines", " UNION ALL ".join(parts))

    def types(self) -> tuple[str, list[str]]:
        """The types of `deal`, and of `w1` and `w2`, for the relations that are joined to them."""
        days = ["DATE" if self.kinds[at].name in ("day", "stamp") else "VARCHAR" for at in self.layout.when]
        return "INTEGER" if self.layout.deal is None else "VARCHAR", [*days, "INTEGER", "INTEGER"][:2]

    def _column(self, at: int) -> str:
        return self.engine.quote(self.layout.names[at])

    def _key(self, at: int) -> str:
        column = self._column(at)
        return column if self.kinds[at].name == "text" else f"CAST({column} AS VARCHAR(40))"

    def _days(self, at: int) -> str:
        column, kind = self._column(at), self.kinds[at].name
        if kind == "stamp":  # midnight is how some programs write a day
            return f"CASE WHEN {column} = CAST(CAST({column} AS DATE) AS TIMESTAMP) THEN CAST({column} AS DATE) END"
        return column if kind == "day" else self._key(at)

    def _amount(self, at: int) -> tuple[str, str]:
        """The amount as a decimal, or NULL; and the condition that it should be there and is not."""
        column, kind, places = self._column(at), self.kinds[at], self.form.places
        value = self.engine.decimal(f"TRIM({column})" if kind.name == "text" else column, kind, places)
        if kind.name == "text":
            value = f"CASE WHEN {self.engine.matches(column, pattern(places))} THEN {value} END"
        elif kind.name == "decimal" and kind.scale > places:
            value = f"CASE WHEN {value} = {column} THEN {value} END"
        elif kind.name == "double":
            small = f"ABS({column}) < {10 ** (DOUBLE_DIGITS - places)}"
            value = f"CASE WHEN {small} AND CAST({value} AS {self.engine.double}) = {column} THEN {value} END"
        bad = f"{value} IS NULL"
        if self.layout.measures:
            bad += f" AND TRIM({column}) <> ''" if kind.name == "text" else f" AND {column} IS NOT NULL"
        return value, f"({bad})"


def as_text(cell: Any, kind: Kind, form: Form) -> str:
    """A cell as the gate reads it: what a person would have written in a text file."""
    if cell is None:
        return ""
    if isinstance(cell, datetime) and cell.time() == time():
        cell = cell.date()
    if isinstance(cell, date) and not isinstance(cell, datetime):
        return cell.strftime(form.day) if form.day else cell.isoformat()
    if kind.name == "double":
        exact = Decimal(repr(cell))
        if exact.is_finite():
            return f"{exact:f}" if exact.adjusted() < DOUBLE_DIGITS - form.places else f"{cell!r} (double)"
    return f"{cell:f}" if isinstance(cell, Decimal) else str(cell)


def cells_of(row: Sequence[Any], relations: Relations) -> list[str]:
    """The cells of a row of `cells`, whose own columns come last."""
    own = row[len(row) - len(relations.layout.names) :]
    return [as_text(cell, kind, relations.form) for cell, kind in zip(own, relations.kinds, strict=True)]
