"""The same table on a PostgreSQL server: one of its own, which waits for the disk at every commit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import psycopg

from tests.benchmarks.library import PlainLedger
from tests.benchmarks.rows import Bench
from tests.postgres import Server

SETTINGS = {"fsync": "on", "synchronous_commit": "on", "shared_buffers": "256MB", "max_wal_size": "4GB"}


class ServerBench(Bench):
    """Ledgers in schemas of one database, and bare tables beside them."""

    mark = "%s"

    def start(self) -> ServerBench:
        self.server = Server(SETTINGS).make().start()
        self._numbers = count(1)
        return self

    def close(self) -> None:
        self.server.throw_away()

    def kept(self, name: str) -> str:
        return self.server.url(schema=re.sub(r"\W", "_", name))

    def new(self, name: str) -> str:
        return self.kept(f"{name}_{next(self._numbers)}")

    def plain(self, name: str) -> PlainLedger:
        told = {"DBNAME": self.server.database(), "HOST": str(self.server.folder), "PORT": str(self.server.port)}
        told |= {"USER": "postgres", "PASSWORD": "-"}
        return PlainLedger({f"POSTGRES_{name}": value for name, value in told.items()})

    @contextmanager
    def bare(self, address: str) -> Iterator[Callable[[tuple[Any, ...]], object]]:
        schema = address.rpartition("schema=")[2]
        table = f"bare_{next(self._numbers)}"
        self.server.sql(
            f"CREATE TABLE {table} (LIKE {schema}.entries INCLUDING ALL)",
            f"INSERT INTO {table} SELECT * FROM {schema}.entries",
        )
        with psycopg.connect(self.server.url()) as connection:
            statement = f"INSERT INTO {table} VALUES ({', '.join(['%s'] * 11)})"

            def insert(row: tuple[Any, ...]) -> None:
                connection.execute(statement, row)
                connection.commit()

            yield insert
