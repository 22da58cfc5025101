"""What is said beside statements: deals that are not settled, and what is open of earlier periods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cli.render import words

if TYPE_CHECKING:
    from projections.settlement.drafts import Draft
    from projections.settlement.earlier import Decision, Failed, Open

LISTED = 12


def say_beside(found: Sequence[Draft | Open | Failed], issue: bool, decision: Decision, issued: set[str]) -> None:
    """What is said beside statements: of deals that are not settled, and of what is open of earlier periods.

    `issued`: the deals of which statements were issued now.
    """
    from projections.settlement.earlier import Failed, Open

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
