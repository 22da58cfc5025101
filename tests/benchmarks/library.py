"""The same deals as a plain application of the eventsourcing library on its own SQLite module: what we compare with.

It checks no rules and keeps its data as plain JSON values, which its transcoder handles fastest.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

BATCH = 10_000
SERVER_BATCH = 250  # its recorder for PostgreSQL takes minutes to parse thousands of rows at once


class PlainDeal(Aggregate):
    """A deal that takes everything: its clauses by key, as the latest instrument has them."""

    class Opened(Aggregate.Created):
        slug: str
        instrument: str
        data: dict[str, Any]

    @event(Opened)
    def __init__(self, slug: str, instrument: str, data: dict[str, Any]) -> None:
        self.slug = slug
        self.clauses: dict[str, Any] = {}
        self._lay(data)

    @staticmethod
    def create_id(slug: str) -> UUID:
        return uuid5(NAMESPACE_URL, slug)

    @event("Told")
    def tell(self, instrument: str, data: dict[str, Any]) -> None:
        self._lay(data)

    def _lay(self, data: dict[str, Any]) -> None:
        for clause in data.get("clauses", ()):
            self.clauses[clause.get("name") or clause["kind"]] = clause


class PlainLedger(Application[UUID]):
    """The library's application with its defaults, in a file of SQLite or on a PostgreSQL server (what it is told)."""

    def __init__(self, place: Path | dict[str, str]) -> None:
        self.on_server = isinstance(place, dict)
        told = place if isinstance(place, dict) else {"SQLITE_DBNAME": str(place)}
        super().__init__({"PERSISTENCE_MODULE": f"eventsourcing.{'postgres' if self.on_server else 'sqlite'}", **told})

    @property
    def durable(self) -> bool:
        """Whether a commit waits for the disk: on SQLite, whether its synchronous level is FULL, as ours."""
        if self.on_server:
            return True  # the same server, with its own settings
        with self.recorder.datastore.transaction(commit=False) as cursor:
            cursor.execute("PRAGMA synchronous")
            return int(cursor.fetchone()[0]) == 2

    def append(self, slug: str, instrument: str, data: dict[str, Any]) -> None:
        """Get, tell, save."""
        deal: PlainDeal = self.repository.get(PlainDeal.create_id(slug))
        deal.tell(instrument, data)
        self.save(deal)

    def record(self, lines: Iterable[bytes]) -> None:
        """Saves the drafts of JSON Lines, every 10,000 of them in one transaction."""
        deals: dict[str, PlainDeal] = {}
        touched: dict[str, PlainDeal] = {}
        for number, line in enumerate(lines, 1):
            said = msgspec.json.decode(line)
            slug = said["deal"]
            if slug in deals:
                deals[slug].tell(said["event"], said["data"])
            else:
                deals[slug] = PlainDeal(slug, said["event"], said["data"])
            touched[slug] = deals[slug]
            if number % (SERVER_BATCH if self.on_server else BATCH) == 0:
                self.save(*touched.values())
                touched.clear()
        self.save(*touched.values())

    def rebuild(self, slugs: Iterable[str]) -> None:
        """Rebuilds aggregates from their events, one by one."""
        for slug in slugs:
            self.repository.get(PlainDeal.create_id(slug))
