"""Amounts of money: one exact context, currencies' minor units, rounding, and splitting without losing a
cent.

Amounts are `Decimal`. Sums, differences and products of amounts to 10^15 and rates to 10 places are exact
in the 60 digits of `EXACT`; a quotient without an end (a third) is cut at the sixtieth digit, half even,
and the cent is decided by one rounding at the end of each payment line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
)

from ledger.errors import AmountTooLarge, NothingToSplitBy, UnknownCurrency, UnknownRounding

# Our own context, handed to every operation: the thread's ambient context is never asked.
EXACT = Context(
    prec=60,
    rounding=ROUND_HALF_EVEN,
    Emin=-9999,
    Emax=9999,
    traps=[InvalidOperation, DivisionByZero, Overflow],
)

ZERO = Decimal(0)
ONE = Decimal(1)

ROUNDINGS = {
    "half up": ROUND_HALF_UP,
    "half even": ROUND_HALF_EVEN,
    "half down": ROUND_HALF_DOWN,
    "up": ROUND_UP,  # away from zero
    "down": ROUND_DOWN,  # towards zero
    "ceiling": ROUND_CEILING,
    "floor": ROUND_FLOOR,
}

SHOWN_PLACES = 10  # of a number that goes on, such as a third

_DECADES = frozenset(Decimal(1).scaleb(n) for n in range(-10, 1))  # quantize takes these as they are

# ISO 4217: the currencies whose minor unit is not a hundredth.
_PLACES = {
    **dict.fromkeys(["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF"], 0),
    **dict.fromkeys(["UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"], 0),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
    **dict.fromkeys(["CLF", "UYW"], 4),
}


# ISO 4217, list one; and what the euro took the place of, in which old contracts are still written.
_LISTED = (
    " AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD "
    " CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL "
    " GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD "
    " KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO "
    " NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD "
    " SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV "
    " WST XAF XAG XAU XCD XCG XDR XOF XPD XPF XPT XSU XUA YER ZAR ZMW ZWG ATS BEF CYP DEM EEK ESP FIM FRF GRD "
    " HRK IEP ITL LTL LUF LVL MTL NLG PTE SIT SKK "
)


def is_listed(currency: str) -> bool:
    """Whether it is a currency's code, and not only three letters that look like one."""
    return f" {currency} " in _LISTED


def minor_unit(currency: str) -> Decimal:
    """The smallest amount of a currency: 0.01 for USD, 1 for JPY, 0.001 for KWD (ISO 4217).

    Raises UnknownCurrency where the code is not three capital letters.
    """
    if len(currency) != 3 or not (currency.isascii() and currency.isalpha() and currency.isupper()):
        raise UnknownCurrency(currency)
    return Decimal(1).scaleb(-_PLACES.get(currency, 2))


_THIRTY = Decimal(1).scaleb(-30)


def settled(amount: Decimal) -> Decimal:
    """The amount at thirty places, half even: what a quotient was cut by at its sixtieth digit is gone.

    A third of the days and two thirds of them are the whole again, and no cent hangs on the digit that was cut. An
    amount of more than thirty digits before the point stays as it is.
    """
    exponent = amount.as_tuple().exponent
    if not isinstance(exponent, int) or exponent >= -30 or amount.adjusted() >= 29:
        return amount
    return amount.quantize(_THIRTY, rounding=ROUND_HALF_EVEN, context=EXACT)


def rounded(amount: Decimal, unit: Decimal = Decimal("0.01"), rule: str = "half up") -> Decimal:
    """The amount as a whole number of `unit`, by one of `ROUNDINGS`.

    Raises UnknownRounding, or AmountTooLarge where the result has more than sixty digits.
    """
    mode = ROUNDINGS.get(rule)
    if mode is None:
        raise UnknownRounding(rule, list(ROUNDINGS))
    try:
        if unit in _DECADES:
            return unsigned_zero(amount.quantize(unit, mode, EXACT))
        units = EXACT.divide(amount, unit).quantize(ONE, mode, EXACT)
        return unsigned_zero(EXACT.multiply(units, unit))
    except (InvalidOperation, Overflow):
        raise AmountTooLarge(f"The amount {amount:.6E}") from None


def split(amount: Decimal, weights: Sequence[Decimal], unit: Decimal = Decimal("0.01")) -> list[Decimal]:
    """Split an amount by weights so that the parts add up to it, by largest remainder.

    Every part is first cut to whole units towards zero; the units left over go, one each, to the parts
    with the largest cut-off remainders, the earlier part first where two are equal. What is smaller than
    a unit in `amount` itself stays with the first part that has a weight. Raises NothingToSplitBy where a
    weight is negative or all are zero.
    """
    whole = total(weights)
    if whole <= 0 or any(weight < 0 for weight in weights):
        raise NothingToSplitBy()
    shares = [EXACT.divide(EXACT.multiply(amount, weight), whole) for weight in weights]
    parts = [rounded(share, unit, "down") for share in shares]
    step = unit if amount >= 0 else unit.copy_negate()
    left = int(EXACT.divide_int(EXACT.subtract(amount, total(parts)), step))
    by_remainder = sorted(
        (i for i, weight in enumerate(weights) if weight > 0),
        key=lambda i: (EXACT.subtract(shares[i], parts[i]).copy_abs().copy_negate(), i),
    )
    for i in by_remainder[:left]:
        parts[i] = EXACT.add(parts[i], step)
    odd = EXACT.subtract(amount, total(parts))
    parts[min(by_remainder)] = EXACT.add(parts[min(by_remainder)], odd)
    return parts


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The exact sum."""
    found = ZERO
    for amount in amounts:
        found = EXACT.add(found, amount)
    return found


def plain(number: Decimal) -> str:
    """A number with thousands grouped and no needless zeros: 1,250,000 or 0.065.

    One that goes on after the tenth place is cut there, towards zero, and says so: 0.6666666666…. Every digit that is
    shown is one of the number's.
    """
    whole, _, places = f"{unsigned_zero(number):,f}".partition(".")
    shown, rest = places[:SHOWN_PLACES], places[SHOWN_PLACES:].rstrip("0")
    if rest:
        return f"{whole}.{shown}…"
    shown = shown.rstrip("0")
    return f"{whole}.{shown}" if shown else whole


def in_full(payment: Decimal) -> str:
    """A payment as it is printed: thousands grouped, its minor units shown: 54,250,000.00."""
    return f"{unsigned_zero(payment):,f}"


def unsigned_zero(number: Decimal) -> Decimal:
    """The number; a zero without the sign that `Decimal` keeps of what was rounded or multiplied to it."""
    return number if number else number.copy_abs()


def in_units(amount: Decimal, currency: str) -> Decimal:
    """The same amount, with all the places that the currency's minor unit has: 5 USD as 5.00."""
    unit = minor_unit(currency)
    return EXACT.quantize(amount, unit) if amount == EXACT.quantize(amount, unit) else amount
