"""A point in time with all three clocks: on which day, as known by when, as recorded by when."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from ledger.application import Ledger
from ledger.clauses import last_day
from ledger.errors import NotAPeriod, NotAPoint, NotRecordedYet
from ledger.rule import View

_POSITION = re.compile(r"#?(\d{1,18})")


@dataclass(frozen=True, slots=True)
class Point:
    """On the day `on`, known by `known` (None: everything), of the entries up to position `recorded`."""

    on: date
    known: date | None
    recorded: int
    planned: bool = False
    confirmed_only: bool = False
    root: bytes | None = None  # of the log up to `recorded`, where an answer is to say on what it stands

    @property
    def view(self) -> View:
        return View(self.known, self.planned, self.confirmed_only)

    def json(self) -> dict[str, object]:
        """The points that an answer used; enough to ask again and get the same answer."""
        return {
            "on": self.on.isoformat(),
            "known": self.known.isoformat() if self.known else None,
            "recorded": f"#{self.recorded}",
            "planned": self.planned,
            "evidence": "confirmed" if self.confirmed_only else "all",
        }

    def __str__(self) -> str:
        return self.said()

    def said(self, all_days: bool = False) -> str:
        """The points in words; `all_days` where the day plays no part."""
        day = "on all days" if all_days else f"on {self.on}"
        known = f"known by {self.known}" if self.known else "all that is known"
        extras = (", with plans" if self.planned else "") + (", confirmed only" if self.confirmed_only else "")
        return f"{day}, {known}, recorded by #{self.recorded}{extras}"


def position_of(text: str, ledger: Ledger) -> int:
    """The position that a --recorded says: `#12`, a day or a period (its end in UTC), or an instant.

    Raises NotRecordedYet for a position past the last entry, NotAPoint for another text.
    """
    head = ledger.entries.head()
    if text.startswith("#") or (text.isdigit() and len(text) != len("2025")):
        number = _POSITION.fullmatch(text)
        if not number:
            raise NotAPoint(text)
        if int(number[1]) > head:
            raise NotRecordedYet(int(number[1]), head)
        return int(number[1])
    return ledger.entries.recorded_by(_instant(text, ledger.today))


def last_day_of(text: str, today: date) -> date:
    """The day that --on or --known says: a day, or the last one of a period."""
    return last_day(text, today)


def _instant(text: str, today: date) -> datetime:
    if "T" in text or " " in text:
        try:
            instant = datetime.fromisoformat(text)
            # A bare time of day is UTC, as every recorded instant is printed.
            return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
        except (ValueError, OverflowError):
            raise NotAPoint(text) from None
    try:
        return datetime.combine(last_day_of(text, today), time.max, UTC)
    except NotAPeriod:
        raise NotAPoint(text) from None
