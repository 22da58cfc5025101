"""The eventsourcing library's own recorder cases, on real files."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from eventsourcing.tests import persistence

from ledger.database import open_database
from ledger.store import EntryAggregateRecorder, EntryRecorder


class OnSQLite:
    def setUp(self) -> None:
        self.folder = TemporaryDirectory()
        self.numbers = count()
        self.databases = []

    def tearDown(self) -> None:
        for database in self.databases:
            database.close()
        self.folder.cleanup()

    def database(self):
        path = Path(self.folder.name) / f"{next(self.numbers)}.db"
        self.databases.append(open_database(str(path), "create"))
        return self.databases[-1]


class TestAggregateRecorder(OnSQLite, persistence.AggregateRecorderTestCase):
    def create_recorder(self) -> EntryAggregateRecorder:
        return EntryAggregateRecorder(self.database(), ids=UUID)


class TestApplicationRecorder(OnSQLite, persistence.ApplicationRecorderTestCase):
    def create_recorder(self) -> EntryRecorder:
        return EntryRecorder(self.database(), ids=UUID)

    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()
