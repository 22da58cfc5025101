"""The algebra of formulas, as frozen values.

A formula is one number (or condition) a period, computed from reported measures. Formulas are made by
`notation.parse`, printed by `notation.format` and computed by `evaluation`. Sugar (`Tiers`, `Cap`, ...)
is kept as it was written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from msgspec import Struct

from ledger.calendar import Span
from ledger.money import EXACT

SCALES = {"": 0, "%": -2, "k": 3, "m": 6, "bn": 9, "tn": 12}

# The units of periods and windows, in months; a day has none.
MONTHS = {"day": 0, "month": 1, "quarter": 3, "half-year": 6, "year": 12}


class Window(Struct, frozen=True):
    """The days over which a counter runs, or the period of a payment.

    `unit` is one of `MONTHS`, `life` (one window without end) or `last` (the `months` up to the period's
    end). A calendar unit starts where the calendar says, on `anchor` (month, day) each year, or, where
    `contract`, with the contract's first day. Nothing before `since` is counted.
    """

    unit: str
    contract: bool = False
    anchor: tuple[int, int] | None = None
    since: date | None = None
    months: int = 0


LIFE = Window("life")
MONTH, QUARTER, YEAR = Window("month"), Window("quarter"), Window("year")
ONCE = Window("once")


class Expr(Struct, frozen=True):
    """A formula: a number or a condition in every period."""


class Number(Expr, frozen=True):
    """A number as it is written, never negative: digits, a unit of `SCALES`, thousands grouped by _ or not."""

    digits: Decimal
    unit: str = ""
    grouped: bool = False

    @property
    def value(self) -> Decimal:
        return self.digits.scaleb(SCALES[self.unit], EXACT) if self.unit else self.digits


class Unknown(Expr, frozen=True):
    """A number nobody knows, within bounds where they are known (inclusive)."""

    low: Number | None = None
    high: Number | None = None


class About(Expr, frozen=True):
    """A number that is only approximately known."""

    number: Number


class Filter(Struct, frozen=True):
    """A dimension restricted to some of its values, or, where `without`, to all but them."""

    dimension: str
    values: tuple[str, ...]
    without: bool = False


class Name(Expr, frozen=True):
    """A measure, a definition or a flow, perhaps restricted to values of its dimensions."""

    name: str
    filters: tuple[Filter, ...] = ()


class Binary(Expr, frozen=True):
    """Two formulas and a word between them: one of `OPERATORS`."""

    operator: str
    left: Expr
    right: Expr


COMPARISONS = frozenset({"<", "<=", ">", ">=", "=", "!="})
LOGIC = frozenset({"and", "or"})
OPERATORS = frozenset({"+", "-", "*", "/", "of", "^"}) | COMPARISONS | LOGIC


class Negative(Expr, frozen=True):
    operand: Expr


class Not(Expr, frozen=True):
    operand: Expr


class Call(Expr, frozen=True):
    """`max` and `min` of one or more, `floor`, `ceiling` and `abs` of one."""

    function: str
    arguments: tuple[Expr, ...]


FUNCTIONS = {"max": 0, "min": 0, "floor": 1, "ceiling": 1, "abs": 1}  # how many arguments; 0: any


class If(Expr, frozen=True):
    condition: Expr
    then: Expr
    otherwise: Expr


class Met(Expr, frozen=True):
    """Whether a recorded condition holds on the period's last day."""

    condition: str


class Last(Expr, frozen=True):
    """The formula with its measures read as stocks: the latest value in the period instead of the sum."""

    of: Expr


class Rate(Expr, frozen=True):
    """The formula with its measures read as rates: the value that holds on the days, neither added nor spread."""

    of: Expr


class Milestone(Expr, frozen=True):
    """An amount that is due once, in the first period at whose end the condition holds."""

    amount: Expr
    when: Expr


class Total(Expr, frozen=True):
    """The running total in the window, this period included."""

    of: Expr
    window: Window


class Prior(Expr, frozen=True):
    """The running total in the window, this period excluded."""

    of: Expr
    window: Window


class Increase(Expr, frozen=True):
    """The formula at the period's end less the same at the end of the period before."""

    of: Expr


class Each(Expr, frozen=True):
    """The sum of the formula taken separately for each value of the dimensions."""

    dimensions: tuple[str, ...]
    of: Expr


class EachPeriod(Expr, frozen=True):
    """The sum of the formula taken separately for each shorter period in this one."""

    window: Window
    of: Expr


class Overall(Expr, frozen=True):
    """Inside `each`: the formula over all values again."""

    of: Expr


class Ordinal(Expr, frozen=True):
    """The number of the month (1-12), quarter (1-4), half-year, year (2025) or contract year (1, 2, ...)."""

    window: Window


class Days(Expr, frozen=True):
    """The days of the period, or of the window that it ends in."""

    window: Window | None = None


class Step(Struct, frozen=True):
    day: date
    value: Expr


class On(Expr, frozen=True):
    """A step function of the date, taken on the period's last day; 0 before the first step."""

    steps: tuple[Step, ...]


class Due(Expr, frozen=True):
    """Amounts that fall due on days: their sum in the period."""

    steps: tuple[Step, ...]


class Slice(Struct, frozen=True):
    """A rate up to a limit; None: above all others. Where `under`, the limit belongs to the next slice."""

    rate: Expr
    limit: Expr | None
    under: bool = False


class Tiers(Expr, frozen=True):
    """Each slice of the window's running total at its own rate; without a window, of the period's amount."""

    of: Expr
    window: Window | None
    slices: tuple[Slice, ...]


class Band(Expr, frozen=True):
    """The rate of the slice that the whole number falls in."""

    of: Expr
    slices: tuple[Slice, ...]


class Limited(Expr, frozen=True):
    """What the sugar below shares: a formula, an amount, and the window in which they are compared."""

    of: Expr
    amount: Expr
    window: Window | None = None


class Cap(Limited, frozen=True):
    """The formula, and in the window no more than the amount."""


class AtLeast(Limited, frozen=True):
    """The formula, and at the window's end whatever is missing to the amount."""


class Recoup(Limited, frozen=True):
    """The formula, payable only beyond the advance."""


class Excess(Limited, frozen=True):
    """What the formula exceeds the amount by."""


class Stood(Struct, frozen=True, eq=False):
    versions: tuple[tuple[Span, Expr], ...]


class AsStood(Expr, frozen=True):
    """The formula; a running total of it adds up what stood on the days, and else nothing: see `amended`."""

    of: Expr
    stood: Stood


def children(node: Expr) -> tuple[Expr, ...]:
    """The formulas directly inside a formula, in the order in which they are written."""
    found = _CHILDREN.get(type(node))
    return found(node) if found is not None else ()


def _sliced(node: Any) -> tuple[Expr, ...]:
    return (node.of, *(part for s in node.slices for part in (s.rate, s.limit) if part is not None))


# By kind of formula: every walk through the terms asks this, and a `match` would try the kinds one after the other.
_CHILDREN: dict[type[Expr], Callable[[Any], tuple[Expr, ...]]] = {
    Binary: lambda node: (node.left, node.right),
    Call: lambda node: node.arguments,
    If: lambda node: (node.condition, node.then, node.otherwise),
    Milestone: lambda node: (node.amount, node.when),
    **dict.fromkeys((Negative, Not), lambda node: (node.operand,)),
    **dict.fromkeys((Tiers, Band), _sliced),
    **dict.fromkeys((Cap, AtLeast, Recoup, Excess), lambda node: (node.of, node.amount)),
    **dict.fromkeys((On, Due), lambda node: tuple(step.value for step in node.steps)),
    **dict.fromkeys((Last, Rate, Total, Prior, Increase, Each, EachPeriod, Overall, AsStood), lambda node: (node.of,)),
}


def walk(node: Expr) -> Iterator[Expr]:
    """The formula and every formula inside it, in the order in which they are written."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(children(node)))


def is_condition(expr: Expr) -> bool:
    """Whether a formula is written as a condition (a name may still stand for one)."""
    if isinstance(expr, Binary):
        return expr.operator in COMPARISONS or expr.operator in LOGIC
    return isinstance(expr, Not | Met)
