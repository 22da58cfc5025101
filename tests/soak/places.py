"""Where a soak's ledgers lie: new addresses on one kind of database."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Protocol

from tests.postgres import Server


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


@dataclass
class Schemas:
    """Schemas of a PostgreSQL server of our own."""

    server: Server
    kind: str = "PostgreSQL"

    def fresh(self) -> str:
        return self.server.fresh()


def server(**settings: str) -> Server:
    """A server as one is run: what it acknowledged is on disk."""
    return Server({"fsync": "on", "max_connections": "200", **settings}).make().start()


def asked(parser: ArgumentParser) -> None:
    """--database, for the command line of a soak."""
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")


def place(database: str, folder: Path) -> Place:
    """The place that --database names."""
    return Files(folder) if database == "sqlite" else Schemas(server())
