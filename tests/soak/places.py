"""Where a soak's ledgers lie: new addresses on one kind of database."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Protocol


class Place(Protocol):
    """A database of some kind that is there for the soak alone."""

    kind: str

    def fresh(self) -> str:
        """An address where no ledger is yet."""


@dataclass
class Files:
    """SQLite files in a folder."""

    folder: Path
    kind: str = "SQLite"
    _numbers: count[int] = field(default_factory=lambda: count(1))

    def fresh(self) -> str:
        return str(self.folder / f"ledger-{next(self._numbers)}.db")
