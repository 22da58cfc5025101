"""The parts that members have of what their pool is paid: exact fractions, and amounts split without losing a cent."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import lcm

from ledger.errors import NotAPart
from ledger.events import Member, MemberPart
from ledger.money import EXACT, ZERO, split

_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,12})?)%")
_FRACTION = re.compile(r"(\d{1,9})/(\d{1,9})")


@lru_cache(maxsize=4_096)
def read(text: str) -> Fraction:
    """`60%`, `12.5%` or `1/3`, above nothing and at most the whole; raises NotAPart."""
    found = Fraction(0)
    if match := _PERCENT.fullmatch(text):
        found = Fraction(match[1]) / 100
    elif (match := _FRACTION.fullmatch(text)) and int(match[2]):
        found = Fraction(int(match[1]), int(match[2]))
    if not 0 < found <= 1:
        raise NotAPart(text)
    return found


def divided(amount: Decimal, members: Sequence[Member], unit: Decimal) -> tuple[MemberPart, ...]:
    """What each member gets of an amount that its pool is paid, in whole units, so that nothing is lost.

    By largest remainder: the odd unit goes to the largest part cut off, the earlier member where two are equal.
    What nobody was given stays with those whose part is unknown: for each of them at most all of it.
    """
    known = [(member, read(member.part)) for member in members if member.part]
    rest = 1 - sum((part for _, part in known), Fraction(0))
    whole = lcm(*(part.denominator for _, part in known), rest.denominator)
    weights = [Decimal(int(part * whole)) for part in (*(part for _, part in known), rest)]
    amounts = split(amount, weights, unit)
    given = dict(zip((member.party for member, _ in known), amounts, strict=False))
    left = amounts[-1]
    return tuple(
        MemberPart(party=m.party, part=m.part, amount=given[m.party])
        if m.part
        else MemberPart(party=m.party, at_most=left if left >= 0 else None)
        for m in members
    )


def apart(now: Sequence[MemberPart], before: Mapping[str, Decimal | None]) -> tuple[MemberPart, ...]:
    """What each member gets more, or less, than it was told before; who gets the same is left out."""
    parts = {member.party: member for member in now}
    found = []
    for party in [*parts, *(party for party in before if party not in parts)]:
        amount, told = parts[party].amount if party in parts else ZERO, before.get(party, ZERO)
        more = None if amount is None or told is None else EXACT.subtract(amount, told)
        if more is None or more:
            found.append(MemberPart(party=party, part=parts[party].part if party in parts else None, amount=more))
    return tuple(found)


def together(parts: Sequence[Sequence[MemberPart]]) -> tuple[MemberPart, ...]:
    """The parts of one payment that was divided over several spans of days, member by member."""
    found: dict[str, MemberPart] = {}
    for member in (member for part in parts for member in part):
        before = found.get(member.party)
        if before is None:
            found[member.party] = member
            continue
        unknown = None in (before.amount, member.amount)
        highest = [one.amount if one.amount is not None else one.at_most for one in (before, member)]
        bound = EXACT.add(*highest) if None not in highest else None  # type: ignore[arg-type]
        found[member.party] = MemberPart(
            party=member.party,
            part=before.part if before.part == member.part else None,
            amount=None if unknown else bound,
            at_most=bound if unknown else None,
        )
    return tuple(found.values())
