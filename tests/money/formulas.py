"""Formulas as plain tuples, and their text in the notation.

("num", text) ("name", name, filters) ("bin", operator, a, b) ("neg", a) ("not", a) ("call", function, a, ...)
("if", condition, a, b) ("met", condition)
("once", amount, condition) ("last" | "rate" | "overall" | "increase", a) ("total" | "prior", a, window)
("each", dimension, a) ("eachp", unit, a) ("number", window) ("days", window) ("on" | "due", (day, a), ...)
("tiers", a, window, slices) ("band", a, slices) ("cap" | "atleast" | "recoup" | "excess", a, amount, window)

A slice is (rate, limit, word), the last one's limit is None. A day is a date's ordinal.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple, TypeAlias

Formula: TypeAlias = tuple[Any, ...]
LIMITED = ("cap", "atleast", "recoup", "excess")
COMPARED = ("<", "<=", ">", ">=", "=", "!=")
_UNITS = {"%": Fraction(1, 100), "k": Fraction(1000), "m": Fraction(10**6)}


class Window(NamedTuple):
    """`unit` is a period's, `life`, or `last`, of so many months."""

    unit: str
    contract: bool = False
    anchor: tuple[int, int] | None = None
    since: int | None = None
    months: int = 0

    def text(self) -> str:
        since = f" since {iso(self.since)}" if self.since else ""
        if self.unit == "last":
            return f"last {self.months} months"
        anchor = " from {:02}-{:02}".format(*self.anchor) if self.anchor else ""
        if self.unit == "life":
            return since.strip() or "life"
        return f"{'contract ' if self.contract else ''}{self.unit}{anchor}{since}"


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal()


def iso(number: int) -> str:
    return date.fromordinal(number).isoformat()


def value(text: str) -> Fraction:
    """What a number's text says."""
    unit = _UNITS.get(text[-1])
    return Fraction(text[:-1]) * unit if unit else Fraction(text)


def num(text: str | int) -> Formula:
    return ("num", str(text))


def name(text: str, *filters: tuple[str, tuple[str, ...], bool]) -> Formula:
    return ("name", text, filters)


def pieces(node: Formula) -> tuple[Formula, ...]:
    """The formulas directly inside one."""
    kind, rest = node[0], node[1:]
    match kind:
        case "bin" | "call" | "each" | "eachp":
            return rest[1:]
        case "if" | "neg" | "not" | "once":
            return rest
        case "last" | "rate" | "overall" | "increase" | "total" | "prior":
            return rest[:1]
        case "on" | "due":
            return tuple(a for _, a in rest)
        case "tiers" | "band":
            return (rest[0], *(part for rate, limit, _ in rest[-1] for part in (rate, limit) if part is not None))
        case "cap" | "atleast" | "recoup" | "excess":
            return rest[:2]
    return ()


def walk(node: Formula, path: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Formula]]:
    """Every formula inside it, itself first, with its place."""
    yield path, node
    for at, piece in enumerate(pieces(node)):
        yield from walk(piece, (*path, at))


def text(node: Formula) -> str:
    """The notation's text, with more brackets than needed."""
    kind, rest = node[0], node[1:]
    match kind:
        case "num" | "met":
            return str(rest[0]) if kind == "num" else f'met("{rest[0]}")'
        case "name":
            filters = [f"{d} {'!=' if without else '='} {' or '.join(v)}" for d, v, without in rest[1]]
            return rest[0] + (f"[{', '.join(filters)}]" if filters else "")
        case "bin":
            return f"{_inner(rest[1])} {rest[0]} {_inner(rest[2])}"
        case "neg":
            return f"-{_inner(rest[0])}"
        case "not":
            return f"not ({text(rest[0])})"
        case "if":
            return "if {} then {} else {}".format(text(rest[0]), *map(_inner, rest[1:]))
        case "once":
            return f"once {_inner(rest[0])} when {text(rest[1])}"
        case "number" | "days":
            return f"{kind}({rest[0].text() if rest[0] else ''})"
        case "on" | "due":
            return f"{kind}({', '.join(f'{iso(d)}: {text(a)}' for d, a in rest)})"
        case "each" | "eachp":
            return f"each({rest[0]}: {text(rest[1])})"
        case "tiers" | "band":
            slices = ", ".join(f"{text(r)} {w} {text(t)}" if t else f"{text(r)} above" for r, t, w in rest[-1])
            return f"{kind}({text(rest[0])}{_per(rest[1] if kind == 'tiers' else None)}: {slices})"
        case "call":
            return f"{rest[0]}({', '.join(map(text, rest[1:]))})"
    if kind in LIMITED:
        word = " over" if kind == "excess" else ","
        return f"{kind}({text(rest[0])}{word} {text(rest[1])}{_per(rest[2])})"
    return f"{kind}({text(rest[0])}{_per(rest[1] if len(rest) > 1 else None)})"


def _inner(node: Formula) -> str:
    return f"({text(node)})" if node[0] in ("bin", "if", "neg", "not", "once") else text(node)


def _per(window: Window | None) -> str:
    if window is None:
        return ""
    found = window.text()
    return f" {found}" if found.startswith("since") else f" per {found}"
