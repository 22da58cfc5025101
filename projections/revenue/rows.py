"""The rows of a text file, CSV or JSON Lines, each with its number as a person sees it in the file."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO, TypeAlias

from ledger.errors import NotLines
from projections.revenue.columns import Plan

LONGEST_CELL = 1_000_000
SEPARATORS = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class Unread:
    """Why a row cannot be read at all."""

    why: str


Row: TypeAlias = tuple[int, Sequence[str] | Unread]


@dataclass(frozen=True, slots=True)
class Table:
    """The columns of a text file and how to read its rows, as often as one likes."""

    path: Path
    plan: Plan
    names: tuple[str, ...]
    separator: str | None  # None: JSON Lines

    def rows(self) -> Iterator[Row]:
        """(number, cells) of every row, in the file's order; cells are as many as the names."""
        return self._of_json() if self.separator is None else self._of_csv(self.separator)

    def _of_csv(self, separator: str) -> Iterator[Row]:
        width = len(self.names)
        with _opened(self.path, self.plan, self.plan.form.header - 1) as text:
            reader = _reader(text, self.plan, separator)
            next(reader, None)
            unsaid = self.plan.form.quote is None
            skipped = self.plan.form.header - 1
            before = skipped + reader.line_num
            try:
                for cells in reader:
                    number, before = before + 1, skipped + reader.line_num
                    if not cells:
                        continue
                    if len(cells) != width:
                        yield number, Unread(f"it has {len(cells)} cells, and the header has {width}")
                    elif unsaid and before > number and _hides_rows(cells, separator):
                        yield number, Unread(_HIDES.format(before))
                    else:
                        yield number, cells
            except csv.Error as error:
                yield before + 1, Unread(_BROKEN.format(error) + (_AS_TEXT if unsaid else ""))

    def _of_json(self) -> Iterator[Row]:
        with _opened(self.path, self.plan) as text:
            for number, line in enumerate(text, 1):
                if line.strip():
                    read = _json_row(line)
                    yield number, read if isinstance(read, Unread) else [read.get(name, "") for name in self.names]


def csv_table(path: Path, plan: Plan) -> Table:
    """A CSV file: its header, and the separator that its header shows. Raises NotLines."""
    with _opened(path, plan, plan.form.header - 1) as text:
        start = text.tell()
        line = text.readline()
        separator = plan.form.separator or max(SEPARATORS, key=line.count)
        text.seek(start)
        try:
            names: list[str] = next(_reader(text, plan, separator), [])
        except csv.Error as error:
            raise NotLines(path.name, f"its header cannot be read as CSV: {error}") from None
    if not any(name.strip() for name in names):
        raise NotLines(path.name, "it has no header")
    return Table(path, plan, tuple(name.strip() for name in names), separator)


def _reader(text: TextIO, plan: Plan, separator: str) -> Any:
    """Reads the cells of lines: in quotation marks, unless these are text."""
    if plan.form.quote == "":
        return csv.reader(text, delimiter=separator, quoting=csv.QUOTE_NONE, quotechar=None, strict=True)
    return csv.reader(text, delimiter=separator, strict=True)


_BROKEN = "it cannot be read as CSV, nor can what follows: {}"
_AS_TEXT = "; say in the mapping form.quote = '' where quotation marks are text"
_HIDES = (
    "a cell in quotation marks reaches through line {}, and lines in it look like rows of their own; say in the "
    "mapping form.quote = '' where quotation marks are text, or form.quote = '\"' where the cell is meant so"
)


def _hides_rows(cells: Sequence[str], separator: str) -> bool:
    """Whether a record of several lines has taken in others: lines in it with as many cells as a row."""
    lines = separator.join(cells).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return any(line.count(separator) >= len(cells) - 1 for line in lines[1:])


def json_table(path: Path, plan: Plan) -> Table:
    """A JSON Lines file; its columns are all the names that its lines have."""
    names: dict[str, None] = {}
    with _opened(path, plan) as text:
        for line in text:
            read = _json_row(line) if line.strip() else {}
            if not isinstance(read, Unread):
                names.update(dict.fromkeys(read))
    return Table(path, plan, tuple(names), None)


def _opened(path: Path, plan: Plan, skipped: int = 0) -> TextIO:
    csv.field_size_limit(LONGEST_CELL)
    # Bytes that are no text are kept, so that the gate can name their rows.
    text = path.open(encoding=plan.form.encoding, errors="surrogateescape", newline="")
    for _ in range(skipped):
        text.readline()
    return text


def _json_row(line: str) -> dict[str, str] | Unread:
    """The cells of a line by name; numbers in the digits that they were written in."""
    try:
        pairs = _decode(line)
    except (ValueError, RecursionError) as error:
        why = error.msg if isinstance(error, json.JSONDecodeError) else "it is nested too deeply"
        return Unread(f"it is not a line of JSON: {why}")
    if not isinstance(pairs, _Pairs):
        return Unread("it is not an object of JSON")
    cells = {}
    for name, value in pairs:
        if isinstance(value, _Pairs | list):
            return Unread(f"{name} is not a single value")
        if name in cells:
            return Unread(f"{name} stands in it twice")
        cells[name] = "" if value is None else "true" if value is True else "false" if value is False else value
    return cells


class _Pairs(tuple[tuple[str, Any], ...]):
    """An object of JSON as its pairs, repeated names and all."""

    __slots__ = ()


_decode = json.JSONDecoder(object_pairs_hook=_Pairs, parse_float=str, parse_int=str, parse_constant=str).decode
