"""Days that stand in for others, so that terms which follow one another alike are compiled once for all deals.

Which terms follow which is a matter of the order of days alone. A program is compiled for stand-ins in that order, and
is told when it runs which days they are.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date

from ledger.calendar import FIRST_DAY, LAST_DAY

_FIRST = FIRST_DAY.toordinal()


class StandIns:
    """The n-th day after FIRST_DAY stands in for the n-th of some days; without days, every day is itself."""

    __slots__ = ("days",)

    def __init__(self, days: Iterable[date] = ()) -> None:
        self.days = sorted({*days} - {FIRST_DAY, LAST_DAY})

    def of(self, day: date) -> date:
        """The stand-in of the last of the days that has come by then: the same terms stand on both."""
        if not self.days or day == LAST_DAY:
            return day
        return date.fromordinal(_FIRST + bisect_right(self.days, day))

    def real(self, day: date) -> date:
        """The day that another stands in for; `day` is one that a program was compiled for."""
        number = day.toordinal() - _FIRST
        return self.days[number - 1] if 0 < number <= len(self.days) else day
