"""What a contract says about money: a flow is a formula and how it is paid, and what can be asked about it.

The formulas themselves are in `formula`; this room knows what they need and whether they are a plain share.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from msgspec import Struct

from ledger.errors import FactorOfMeasure, ShareOutOfRange
from ledger.language.formula import (
    About,
    Binary,
    Each,
    Expr,
    Met,
    Name,
    Negative,
    Number,
    Prior,
    Unknown,
    Window,
    children,
    walk,
)
from ledger.money import EXACT, ONE, ZERO


class Flow(Struct, frozen=True):
    """What stands after the head of a `pays` clause: a formula and how it is paid.

    `every` is the period of payment (`ONCE`, or None where the text does not say); `within` the days to
    pay after its end; `rounding` a rule of `money.ROUNDINGS` (None: half up) and `unit` what it rounds to
    (None: the currency's minor unit); `currency` an ISO 4217 code (None: the deal's). `fixed` says what becomes of
    a fixed amount where versions differ inside a period: one of `FIXED` (None: in full where they agree, else by days).
    """

    expr: Expr
    every: Window | None = None
    within: int | None = None
    rounding: str | None = None
    unit: Number | None = None
    currency: str | None = None
    fixed: str | None = None


FIXED = ("prorated", "as on first day", "as on last day")


class Flat(Struct, frozen=True):
    """One constant share of one measure."""

    rate: Decimal
    measure: str


def measures(expr: Expr) -> list[str]:
    """The names a formula needs, without repetition, as they come."""
    return list(dict.fromkeys(node.name for node in walk(expr) if isinstance(node, Name)))


def names_now(expr: Expr) -> list[str]:
    """The names whose amounts of the same period a formula needs: all but those inside `prior`."""
    found: dict[str, None] = {}
    waiting = [expr]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Name):
            found[node.name] = None
        if not isinstance(node, Prior):
            waiting.extend(reversed(children(node)))
    return list(found)


def dimensions(expr: Expr) -> list[str]:
    """The dimensions by which a formula needs its measures."""
    found: dict[str, None] = {}
    for node in walk(expr):
        if isinstance(node, Name):
            found.update(dict.fromkeys(f.dimension for f in node.filters))
        elif isinstance(node, Each):
            found.update(dict.fromkeys(node.dimensions))
    return list(found)


def conditions(expr: Expr) -> list[str]:
    """The conditions a formula asks for with `met`."""
    return list(dict.fromkeys(node.condition for node in walk(expr) if isinstance(node, Met)))


def flat_share(flow: Flow) -> Flat | None:
    """The rate and the measure where the formula is one constant share of one measure, else None."""
    share = _share(flow.expr)
    if share is None or not isinstance(share.factor, Decimal):
        return None
    return Flat(share.factor, share.measure)


def share_bounds(flow: Flow) -> tuple[Decimal | None, Decimal | None, str, str] | None:
    """Lowest and highest rate, how well it is known, and the measure, where the formula is a share of one
    measure.

    How well: `exact`, `about` (both rates are the approximate one), `bounded` or `unknown` (both None).
    """
    share = _share(flow.expr)
    if share is None:
        return None
    match share.factor:
        case Decimal() as rate:
            return rate, rate, "exact", share.measure
        case About(number):
            return number.value, number.value, "about", share.measure
        case Unknown(None, None):
            return None, None, "unknown", share.measure
        case Unknown(low, high):
            lowest = None if low is None else low.value
            highest = None if high is None else high.value
            return lowest, highest, "bounded", share.measure
    return None


def check_shares(flow: Flow) -> None:
    """Refuse a percentage of a measure below 0% or above 100%: ShareOutOfRange.

    A factor (1.10) may be anything, and so may a price per unit that is shared: of `50% of (36.50 * units)`, and
    of `units * 36.50 * 50%`, the share is 50%.
    """
    share = _share(flow.expr)
    bounds = share_bounds(flow)
    if share is None or bounds is None or not share.percent:
        return
    if share.priced and not _negative(share.factor) and ZERO <= share.said <= ONE:
        return
    for rate in bounds[:2]:
        if rate is not None and not ZERO <= rate <= ONE:
            if isinstance(share.factor, Decimal) and not _has_percent(flow.expr):
                raise FactorOfMeasure(f"{rate:f}", share.measure, _percentage(rate))
            shown = share.said if share.priced and not ZERO <= share.said <= ONE else rate
            raise ShareOutOfRange(_percentage(shown), share.measure)


def rate_text(flow: Flow) -> str | None:
    """The rate as a decimal string of at least two places ("0.20", "0.125"), or None where it is no flat
    share.
    """
    share = _share(flow.expr)
    if share is None or not share.percent or not isinstance(share.factor, Decimal):
        return None
    if share.priced and share.factor > ONE:
        return None  # a price per unit, of which somebody gets a share
    whole, _, places = f"{share.factor:f}".partition(".")
    return f"{whole}.{places.rstrip('0'):0<2}"


@dataclass(frozen=True, slots=True)
class _Share:
    """One factor of one measure. `said`: what its percentages alone come to; `priced`: whether a number that is
    none stands beside them, such as a price per unit.
    """

    factor: Decimal | Unknown | About
    measure: str
    percent: bool = False
    said: Decimal = ONE
    priced: bool = False


def _share(expr: Expr) -> _Share | None:
    """The formula as one factor of one measure, where it is that."""
    if isinstance(expr, Name):
        return _Share(ONE, _measure_text(expr))
    if not isinstance(expr, Binary) or expr.operator not in ("of", "*", "/"):
        return None
    left, right = expr.left, expr.right
    if expr.operator == "/":
        return _quotient(left, right)
    for factor, of in ((left, right), (right, left)):
        share = _share(of)
        if share is None:
            continue
        if isinstance(factor, Unknown | About):
            known = share.factor == ONE
            return _Share(factor, share.measure, _has_percent(factor)) if known else None
        constant = _constant(factor)
        if constant is not None and isinstance(share.factor, Decimal):
            # `0.5 of revenue` reads as a share, as `50% of revenue` does; `0.40 * kwh` is a price.
            said = constant if expr.operator == "of" and not _has_percent(factor) else _said(factor)
            return _Share(
                EXACT.multiply(constant, share.factor),
                share.measure,
                share.percent or _has_percent(factor) or expr.operator == "of",
                EXACT.multiply(said, share.said),
                share.priced or said != constant,
            )
    return None


def _quotient(left: Expr, right: Expr) -> _Share | None:
    share, divisor = _share(left), _constant(right)
    if share is None or not divisor or not isinstance(share.factor, Decimal):
        return None
    return _Share(EXACT.divide(share.factor, divisor), share.measure, share.percent, share.said, True)


def _said(factor: Expr) -> Decimal:
    """What the percentages of a product of numbers come to by themselves."""
    match factor:
        case Number():
            return factor.value if factor.unit == "%" else ONE
        case Negative(operand):
            return EXACT.minus(_said(operand)) if _has_percent(operand) else ONE
        case Binary("of" | "*", left, right):
            return EXACT.multiply(_said(left), _said(right))
        case Binary("/", left, _):
            return _said(left)
    return ONE


def _negative(factor: Decimal | Unknown | About) -> bool:
    return isinstance(factor, Decimal) and factor < 0


def _percentage(rate: Decimal) -> str:
    return f"{EXACT.multiply(rate, Decimal(100)).normalize(EXACT):f}%"


def _constant(expr: Expr) -> Decimal | None:
    """The number a product or quotient of numbers comes to, where the formula is that."""
    match expr:
        case Number():
            return expr.value
        case Negative(operand):
            value = _constant(operand)
            return None if value is None else EXACT.minus(value)
        case Binary("of" | "*" | "/" as operator, left, right):
            first, second = _constant(left), _constant(right)
            if first is None or second is None or (operator == "/" and not second):
                return None
            return EXACT.divide(first, second) if operator == "/" else EXACT.multiply(first, second)
    return None


def _has_percent(expr: Expr) -> bool:
    match expr:
        case Unknown(low, high):
            return any(bound is not None and bound.unit == "%" for bound in (low, high))
        case About(number):
            return number.unit == "%"
    return any(isinstance(node, Number) and node.unit == "%" for node in walk(expr))


def _measure_text(name: Name) -> str:
    filters = (f"{f.dimension} {'!=' if f.without else '='} {' or '.join(f.values)}" for f in name.filters)
    return f"{name.name}[{', '.join(filters)}]" if name.filters else name.name
