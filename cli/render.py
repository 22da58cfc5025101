"""Words out: tables, JSON and CSV. Text is for people and may change; JSON shapes and CSV headers are promises."""

from __future__ import annotations

import csv
import json
import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import click

FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")  # the wide ones as well, where they are typed so
_ODD = re.compile(r"[^ -~\n]")
_NUMBER = re.compile(r"[+-]?[\d.,]+%?")


def as_json(value: object) -> None:
    """One JSON document on stdout, readable and in every script."""
    click.echo(safe_json(json.dumps(value, ensure_ascii=False, indent=2)))


def as_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """CSV on stdout: a header and a row each; lists are joined by spaces, nothing is empty."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    seen = safe if sys.stdout.isatty() else str  # a file holds what was said; a terminal would obey it
    writer.writerows([seen(_cell(row.get(column))) for column in columns] for row in rows)


class counted:  # noqa: N801 - used like a function: rows = counted(rows)
    """The same rows, and how many of them have gone by."""

    def __init__(self, rows: Iterable[dict[str, Any]]) -> None:
        self._rows = rows
        self.count = 0

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for row in self._rows:
            self.count += 1
            yield row


def as_table(headers: Sequence[str], rows: Sequence[Sequence[Any]], right: Sequence[int] = ()) -> None:
    """Aligned columns on stdout, never cut; the header is bold on a terminal. `right`: the columns of amounts."""
    if not rows:
        return
    texts = [[safe(_plain(value)).replace("\n", "\\u000a") for value in row] for row in rows]
    widths = [max(width(text) for text in column) for column in zip(headers, *texts, strict=True)]
    click.echo(_styled(_aligned(headers, widths, right), bold=True))
    for row in texts:
        click.echo(_aligned(row, widths, right))


def written(says: Sequence[str], amounts: Sequence[str], known: Sequence[bool]) -> list[str]:
    """Lines of words with an amount behind each, in one column; what is not `known` is words as well."""
    said = [safe(text) for text in says]
    wide = max(map(width, said))
    column = max((width(text) for text, number in zip(amounts, known, strict=True) if number), default=0)
    return [
        text + " " * (wide - width(text) + 2) + (f"{amount:>{column}}" if number else amount)
        for text, amount, number in zip(said, amounts, known, strict=True)
    ]


def words(text: str = "") -> None:
    """A line for the person at the keyboard, on stderr. Where nobody can read it, that changes no answer."""
    with suppress(OSError):
        click.echo(safe(text), err=True)


def line(text: str = "", bold: bool = False) -> None:
    """A line of the answer, on stdout; where a text has lines of its own, they do not look like ours."""
    inside = "\n" + " " * (len(text) - len(text.lstrip(" ")) + 4)
    click.echo(_styled(safe(text).replace("\n", inside), bold))


def as_text(text: str) -> None:
    """A text of several lines that are all ours, on stdout."""
    click.echo(safe(text))


def as_page(text: str) -> None:
    """A whole document on stdout as it is: HTML, SQL, a signed note; safe where it goes to a terminal."""
    shown = safe(text) if sys.stdout.isatty() else text
    click.echo(shown, nl=not shown.endswith("\n"))


def number(count: int, one: str, more: str = "") -> str:
    """`1 entry`, `2 entries`."""
    return f"{count} {one if count == 1 else more or one + 's'}"


def safe(text: str) -> str:
    """The text with what a terminal would obey, or what would turn it round, shown as its code point."""
    if text.isprintable():
        return text
    return "".join(c if _harmless(c) else f"\\u{ord(c):04x}" for c in text)


def safe_json(text: str) -> str:
    """The same JSON, with what a terminal would obey, or what would turn it round, as escapes of JSON."""
    return _ODD.sub(lambda found: found[0] if _harmless(found[0]) else json.dumps(found[0])[1:-1], text)


def as_line(text: bytes) -> None:
    """A line of JSON on stdout: to the byte where it goes to a file or a program; safe where it goes to a terminal."""
    click.echo(safe_json(text.decode()) if sys.stdout.isatty() else text)


def width(text: str) -> int:
    """How many columns of a terminal the text takes: wide characters two, marks and joiners none."""
    if text.isascii():
        return len(text)
    return sum(_columns(c) for c in text)


def _styled(text: str, bold: bool) -> str:
    """What is not bold carries no escape: `style` would write one that says so."""
    return click.style(text, bold=True) if bold and text else text


def _harmless(c: str) -> bool:
    return c.isprintable() or c in "\n\u200c\u200d"


def _columns(c: str) -> int:
    if unicodedata.combining(c) or unicodedata.category(c) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(c) in "WF" else 1


def _aligned(cells: Sequence[str], widths: Sequence[int], right: Sequence[int] = ()) -> str:
    spaces = [" " * (wide - width(cell)) for cell, wide in zip(cells, widths, strict=True)]
    padded = [
        space + cell if n in right else cell + space for n, (cell, space) in enumerate(zip(cells, spaces, strict=True))
    ]
    return "  ".join(padded).rstrip()


def _plain(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    text = text.replace("\r\n", "\n").replace("\r", "\n")  # a lone one ends a row for some readers, unquoted as it is
    # A spreadsheet would run a cell that starts like this as a formula.
    runs = text.lstrip().startswith(FORMULA) or text[:1] in ("\t", "\n")
    return f"'{text}" if runs and not _NUMBER.fullmatch(text) else text
