"""A desk to test at: a real ledger in a real file, a clock that stands still, and forms told one by one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

from ledger.application import Ledger
from ledger.batch import Told
from ledger.form import draft_of

Form: TypeAlias = dict[str, Any]

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)  # today is 2026-01-01, almost wherever the tests run


def form(event: str, dated: str | None = None, deal: str = "acme-bolt", **fields: Any) -> Form:
    """A form as the command line or a file fills it in; `from_` and `as_` stand for `from` and `as`."""
    renamed = {name.rstrip("_"): value for name, value in fields.items()}
    return {"event": event, "deal": deal, **({"dated": dated} if dated else {}), **renamed}


OPEN = form("open", "2024-01-15", party=["Acme", "Bolt", "Cargo"], term="2024-01-15..2027-12-31")
OPEN_ENDED = form("open", "2024-01-15", party=["Acme", "Bolt", "Cargo"])


class Desk:
    """Somebody who enters forms into a ledger of her own."""

    def __init__(self, place: Path | str, *given: Form) -> None:
        """In a folder, or at an address."""
        self.address = place if isinstance(place, str) else str(place / "deals.db")
        self.ledger = Ledger(self.address, "create", clock=lambda: NOON)
        for each in given:
            self.tell(each)

    def tell(self, *forms: Form) -> list[Told]:
        return self.ledger.record([draft_of(each) for each in forms], "Dana")

    def events(self, deal: str = "acme-bolt") -> list[str]:
        return [type(entry.event).__name__ for entry in self.ledger.entries.entries_of(deal)]
