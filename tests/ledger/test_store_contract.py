"""The eventsourcing library's own recorder cases, on real files and on a real server."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import pytest
from eventsourcing.tests import persistence

from ledger.database import Database, open_database
from ledger.store import EntryAggregateRecorder, EntryRecorder
from tests.postgres import Server


class OnSQLite:
    def setUp(self) -> None:
        self.folder = TemporaryDirectory()
        self.numbers = count()
        self.databases: list[Database] = []

    def tearDown(self) -> None:
        for database in self.databases:
            database.close()
        self.folder.cleanup()

    def database(self) -> Database:
        path = Path(self.folder.name) / f"{next(self.numbers)}.db"
        self.databases.append(open_database(str(path), "create"))
        return self.databases[-1]


class OnPostgreSQL(OnSQLite):
    @pytest.fixture(autouse=True)
    def on(self, postgres: Server) -> None:
        self.server = postgres

    def database(self) -> Database:
        self.databases.append(open_database(self.server.fresh(), "create"))
        return self.databases[-1]


class AggregateRecorderCases(persistence.AggregateRecorderTestCase):
    def create_recorder(self) -> EntryAggregateRecorder:
        return EntryAggregateRecorder(self.database(), ids=UUID)


class ApplicationRecorderCases(persistence.ApplicationRecorderTestCase):
    def create_recorder(self) -> EntryRecorder:
        return EntryRecorder(self.database(), ids=UUID)

    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestAggregateRecorderOnSQLite(OnSQLite, AggregateRecorderCases):
    pass


class TestApplicationRecorderOnSQLite(OnSQLite, ApplicationRecorderCases):
    pass


class TestAggregateRecorderOnPostgreSQL(OnPostgreSQL, AggregateRecorderCases):
    pass


class TestApplicationRecorderOnPostgreSQL(OnPostgreSQL, ApplicationRecorderCases):
    pass


del AggregateRecorderCases, ApplicationRecorderCases
