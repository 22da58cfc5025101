"""Numbers that are known, and numbers that are not: what every operator makes of them.

A known number is a `Decimal`. An `Uncertain` one lies between `low` and `high` (infinite where nothing is
known), has perhaps an approximate value `about`, and names what is missing. The rules:

- bounds go through every operator by interval arithmetic; a result whose bounds meet is known;
- an approximate value is computed as if it were exact, and stays approximate;
- a comparison that the bounds do not decide is `Undecided`, and a choice by it lies between both branches;
- what is missing of the parts is missing of the whole;
- a number that is `refused` (not reported, divided by zero) never becomes known again, not even times zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from ledger.money import EXACT, ONE, ZERO, settled

INFINITE = Decimal("Infinity")
MINUS_INFINITE = Decimal("-Infinity")
LARGEST_POWER = 1200

_add, _subtract, _multiply, _divide = EXACT.add, EXACT.subtract, EXACT.multiply, EXACT.divide


@dataclass(frozen=True, slots=True)
class Uncertain:
    """A number that is not known exactly; `missing` names why, for people."""

    missing: tuple[str, ...]
    low: Decimal = MINUS_INFINITE
    high: Decimal = INFINITE
    about: Decimal | None = None
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Undecided:
    """A condition that cannot be decided."""

    missing: tuple[str, ...]
    refused: bool = False


Value = Decimal | Uncertain
Truth = bool | Undecided


def missing(what: str) -> Uncertain:
    """A number that nobody reported, or that cannot be computed."""
    return Uncertain((what,), refused=True)


def add(a: Value, b: Value) -> Value:
    if type(a) is Decimal and type(b) is Decimal:
        return _add(a, b)
    return _uncertain(a, b, _add(low(a), low(b)), _add(high(a), high(b)), _both(_add, a, b))


def subtract(a: Value, b: Value) -> Value:
    if type(a) is Decimal and type(b) is Decimal:
        return _subtract(a, b)
    return _uncertain(a, b, _subtract(low(a), high(b)), _subtract(high(a), low(b)), _both(_subtract, a, b))


def multiply(a: Value, b: Value) -> Value:
    if type(a) is Decimal and type(b) is Decimal:
        return _multiply(a, b)
    corners = [_times(x, y) for x in (low(a), high(a)) for y in (low(b), high(b))]
    return _uncertain(a, b, min(corners), max(corners), _both(_multiply, a, b))


def divide(a: Value, b: Value, by_zero: str) -> Value:
    """The quotient; by zero it is missing, for the reason given."""
    if type(b) is Decimal:
        if not b:
            return _uncertain(a, missing(by_zero), MINUS_INFINITE, INFINITE, None)
        if type(a) is Decimal:
            return _divide(a, b)
    if low(b) <= 0 <= high(b):
        return _uncertain(a, b, MINUS_INFINITE, INFINITE, None)
    corners = [_over(x, y) for x in (low(a), high(a)) for y in (low(b), high(b))]
    return _uncertain(a, b, min(corners), max(corners), _both(_divide, a, b))


def power(a: Value, b: Value, why: str) -> Value:
    """A known number to a known whole power from 0 to `LARGEST_POWER`; anything else is missing."""
    if type(a) is Decimal and type(b) is Decimal:
        if b == b.to_integral_value() and 0 <= b <= LARGEST_POWER:
            return EXACT.power(a, b) if a or b else ONE
        return missing(why)
    return Uncertain(_missing(a, b), refused=_refused(a, b))


def negate(a: Value) -> Value:
    if type(a) is Decimal:
        return EXACT.minus(a)
    return subtract(ZERO, a)


def smaller(a: Value, b: Value) -> Value:
    if type(a) is Decimal and type(b) is Decimal:
        return a if a <= b else b
    return _uncertain(a, b, min(low(a), low(b)), min(high(a), high(b)), _both(min, a, b))


def larger(a: Value, b: Value) -> Value:
    if type(a) is Decimal and type(b) is Decimal:
        return a if a >= b else b
    return _uncertain(a, b, max(low(a), low(b)), max(high(a), high(b)), _both(max, a, b))


def whole(a: Value, up: bool) -> Value:
    """The next whole number, up or down."""
    rounding = ROUND_CEILING if up else ROUND_FLOOR
    if type(a) is Decimal:
        return settled(a).to_integral_value(rounding)
    about = point(a)
    lowest, highest = (bound.to_integral_value(rounding) for bound in (low(a), high(a)))
    return _uncertain(a, ZERO, lowest, highest, about and about.to_integral_value(rounding))


def size(a: Value) -> Value:
    """The number without its sign."""
    if type(a) is Decimal:
        return a.copy_abs()
    return larger(larger(a, negate(a)), ZERO)


def compare(operator: str, a: Value, b: Value) -> Truth:
    """Whether the comparison holds for every number that the two may be."""
    if type(a) is Decimal and type(b) is Decimal:
        return _COMPARE[operator](settled(a), settled(b))
    if operator in ("=", "!="):
        apart = high(a) < low(b) or high(b) < low(a)
        return operator == "!=" if apart else Undecided(_missing(a, b), _refused(a, b))
    if operator in (">", ">="):
        a, b, operator = b, a, "<" if operator == ">" else "<="
    surely, surely_not = high(a) < low(b), low(a) > high(b)
    if operator == "<=":
        surely = high(a) <= low(b)
    else:
        surely_not = low(a) >= high(b)
    if surely or surely_not:
        return surely
    return Undecided(_missing(a, b), _refused(a, b))


def both(a: Truth, b: Truth) -> Truth:
    if a is False or b is False:
        return False
    return b if a is True else _and_missing(a, b)


def either(a: Truth, b: Truth) -> Truth:
    if a is True or b is True:
        return True
    return b if a is False else _and_missing(a, b)


def opposite(a: Truth) -> Truth:
    return a if isinstance(a, Undecided) else not a


def choose(condition: Truth, then: Value, otherwise: Value) -> Value:
    """One of two; where the condition is undecided, a number that lies between them."""
    if condition is True:
        return then
    if condition is False:
        return otherwise
    return between(then, otherwise, condition)


def between(a: Value, b: Value, why: Undecided) -> Value:
    """Either of two numbers, nobody knows which."""
    names = tuple(dict.fromkeys((*why.missing, *_missing(a, b))))
    lowest, highest = min(low(a), low(b)), max(high(a), high(b))
    return known(Uncertain(names, lowest, highest, refused=why.refused or _refused(a, b)))


def known(a: Uncertain) -> Value:
    """The number itself, where its bounds meet and nothing refuses it."""
    return a.low if a.low == a.high and not a.refused else a


def low(a: Value) -> Decimal:
    return a if type(a) is Decimal else a.low  # type: ignore[union-attr]


def high(a: Value) -> Decimal:
    return a if type(a) is Decimal else a.high  # type: ignore[union-attr]


def point(a: Value) -> Decimal | None:
    """The number, or its approximate value, or None."""
    return a if type(a) is Decimal else a.about  # type: ignore[union-attr]


def _uncertain(a: Value, b: Value, lowest: Decimal, highest: Decimal, about: Decimal | None) -> Value:
    return known(Uncertain(_missing(a, b), lowest, highest, about, _refused(a, b)))


def _missing(a: Value, b: Value) -> tuple[str, ...]:
    first = () if type(a) is Decimal else a.missing  # type: ignore[union-attr]
    second = () if type(b) is Decimal else b.missing  # type: ignore[union-attr]
    return first if first == second else tuple(dict.fromkeys((*first, *second)))


def _refused(a: Value, b: Value) -> bool:
    return any(type(x) is not Decimal and x.refused for x in (a, b))  # type: ignore[union-attr]


def _both(operation, a: Value, b: Value) -> Decimal | None:  # type: ignore[no-untyped-def]
    x, y = point(a), point(b)
    return None if x is None or y is None else operation(x, y)


def _times(a: Decimal, b: Decimal) -> Decimal:
    return ZERO if not a or not b else _multiply(a, b)  # an unknown number is finite: none of it is none


def _over(a: Decimal, b: Decimal) -> Decimal:
    # 27 / 3 is 9, and 27 times a third is less: bounds are divided as the numbers are that lie between them.
    return ZERO if b.is_infinite() else _divide(a, b)


def _and_missing(a: Truth, b: Truth) -> Undecided:
    found = [x for x in (a, b) if isinstance(x, Undecided)]
    names = tuple(dict.fromkeys(name for x in found for name in x.missing))
    return Undecided(names, any(x.refused for x in found))


_COMPARE = {
    "<": Decimal.__lt__,
    "<=": Decimal.__le__,
    ">": Decimal.__gt__,
    ">=": Decimal.__ge__,
    "=": Decimal.__eq__,
    "!=": Decimal.__ne__,
}
