"""What is said beside reports and statements: what no terms use, what is not settled, what is open of before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cli.render import number, words

if TYPE_CHECKING:
    from ledger.uses import Unused
    from projections.settlement.drafts import Draft
    from projections.settlement.earlier import Decision, Failed, Open

    Found = Draft | Open | Failed | Unused

LISTED = 12
UNUSED_LISTED = 40


def say_beside(found: Sequence[Found], issue: bool, decision: Decision, issued: set[str]) -> None:
    """What is said beside statements: of deals that are not settled, and of what is open of earlier periods.

    `issued`: the deals of which statements were issued now.
    """
    from ledger.uses import Unused
    from projections.settlement.earlier import Failed, Open

    say_unused([one for one in found if isinstance(one, Unused)])
    for one in found:
        if isinstance(one, Failed):
            words(f"{one.deal} is not settled: {one.refusal}")
        elif isinstance(one, Open) and not one.decided.include and (one.deal in issued or not issue):
            _say_open(one, issue)
    if decision and not any(isinstance(one, Open) for one in found):
        words("Nothing of earlier periods is open, so that there was nothing to decide.")


def _say_open(left: Open, issue: bool) -> None:
    said = left.says()
    words(f"{left.deal}: before {left.before} fell due, and is in no statement:")
    for text in said[:LISTED]:
        words(f"  {text}")
    if len(said) > LISTED:
        words(f"  ... and {len(said) - LISTED} more.")
    if left.decided.elsewhere is not None:
        words(f"It was settled elsewhere: {left.decided.elsewhere}")
    elif left.pressing and not issue:
        words("Decide when you issue: --include-earlier states it, --settled-elsewhere REASON says where it was.")
    else:
        words("State it with: --include-earlier; or say where it was settled: --settled-elsewhere REASON")


def say_unused(found: Sequence[Unused]) -> None:
    """Figures that no terms use on their days, by deal, and what they are together."""
    if not found:
        return
    deals = len({one.deal for one in found})
    words(f"Figures of {number(deals, 'deal')} fall on days on which no terms use them:")
    for one in found[:UNUSED_LISTED]:
        words(f"  {one}")
    if len(found) > UNUSED_LISTED:
        words(f"  ... and {len(found) - UNUSED_LISTED} more.")
    if len(found) > 1:
        words(f"  in all {', '.join(_totals(found))}")


def _totals(found: Sequence[Unused]) -> list[str]:
    from ledger.accounts import added
    from ledger.money import plain

    kinds = dict.fromkeys((one.measure, one.currency) for one in found)
    return [
        f"{measure} {plain(added(one.amount for one in found if (one.measure, one.currency) == (measure, currency)))}"
        f" {currency or ''}".rstrip()
        for measure, currency in kinds
    ]


def unused_json(one: Unused) -> dict[str, Any]:
    """Figures that no terms use, as a part of `deal.recorded/1` and `deal.settlement/1`."""
    return {
        "deal": one.deal,
        "measure": one.measure,
        "currency": one.currency,
        "amount": f"{one.amount:f}",
        "from": one.days.start.isoformat(),
        "through": one.days.through.isoformat() if one.days.through else None,
        "rows": one.rows,
    }
