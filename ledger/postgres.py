"""A ledger in a schema of a PostgreSQL database.

libpq reads the address, so that several hosts, PGPASSFILE and service files work as they do for every other tool.
Writers take turns by a lock that the database takes itself (ledger.postgres_guards). A commit waits until the entry is
on disk, and on the synchronous standbys where there are any, whatever the server's own setting is.
"""

from __future__ import annotations

import logging
import os
import select
from collections.abc import Sequence
from typing import Any, ClassVar

from sqlalchemy import Connection, Engine, MetaData, QueuePool, Table, create_engine, event, exc

from ledger import place, postgres_catalog, postgres_guards, postgres_refusals
from ledger.address import ServerAddress, answers_of
from ledger.errors import (
    DriverMissing,
    NoLedger,
    NotALedger,
    NotOnStandby,
    NotUtf8,
    NotWritable,
    NotYours,
    OnStandby,
    Refusal,
    RoleMayNot,
    ServerUnreachable,
)
from ledger.place import Listener, Mode, Place, Rights, cause
from ledger.tables import ONCE, columns_of, insertion, metadata

try:
    import psycopg
    from psycopg.conninfo import conninfo_to_dict
except ImportError:
    raise DriverMissing from None

logging.getLogger("psycopg").setLevel(logging.CRITICAL)  # what it warns of is raised as well, and told by a refusal

COPIED = 20  # rows from which COPY is faster than INSERT
CONNECT_SECONDS = 10
LISTEN_SECONDS = 1  # until the ledger is looked at though nobody said a word

ATTACHMENTS = (
    'CREATE TABLE {schema}.attachments (sha256 text COLLATE "C" PRIMARY KEY, content bytea NOT NULL, '
    "CHECK (sha256 = encode(sha256(content), 'hex')))"
)

SESSION = """
SELECT set_config('search_path', %s, false), set_config('lock_timeout', %s, false),
    set_config('synchronous_commit', CASE WHEN current_setting('synchronous_commit') = 'remote_apply'
        THEN 'remote_apply' ELSE 'on' END, false)
"""


KEEPER = """
SELECT pg_advisory_xact_lock({lock}, oid::int),
    set_config('role', CASE WHEN pg_has_role(nspowner, 'MEMBER') THEN pg_get_userbyid(nspowner) ELSE 'none' END, true)
FROM pg_namespace WHERE nspname = '{{schema}}'
""".format(lock=int.from_bytes(b"deal"))

RIGHTS = """
SELECT count(oid) = 3,
    has_schema_privilege(namespace, 'USAGE') AND coalesce(bool_and(has_table_privilege(oid, 'SELECT')), true),
    bool_or(relname = 'entries' AND has_table_privilege(oid, 'INSERT')),
    bool_or(relname = 'checkpoints' AND has_table_privilege(oid, 'INSERT')),
    NOT pg_is_in_recovery() AND current_setting('default_transaction_read_only') = 'off'
FROM (SELECT n.oid AS namespace, c.oid, c.relname FROM pg_namespace n LEFT JOIN pg_class c
      ON c.relnamespace = n.oid AND c.relname IN ('ledger', 'entries', 'checkpoints') WHERE n.nspname = '{schema}') AS t
GROUP BY namespace
"""


class Server(Place):
    """A schema of a database on a PostgreSQL server, or on one of several."""

    BEGIN_READING: ClassVar[str] = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"
    # Each statement sees what is committed when it begins: after our turn has come, all entries before ours.
    BEGIN_WRITING: ClassVar[str] = "BEGIN ISOLATION LEVEL READ COMMITTED, READ WRITE"
    TURN: ClassVar[str] = "SELECT last, instant FROM take_turn()"

    def __init__(self, address: ServerAddress, only: dict[str, str] | None = None) -> None:
        """`only`: what libpq is told instead, to come to one of several servers."""
        self.address = str(address)
        self.schema = address.schema
        self.answers = answers_of(address.schema)
        self.follows = False  # another server, or its session may only read
        try:
            self._asked: dict[str, Any] = conninfo_to_dict(address.conninfo, **(only or {}))
        except psycopg.Error:
            # What libpq says quotes what it could not read, which may be a part of a password.
            raise ServerUnreachable(self.address, "the address cannot be read as libpq reads it") from None
        self.name = str(self._asked.get("dbname") or self.schema)

    def each(self) -> list[tuple[str, dict[str, str]]]:
        """The servers that the address names: how each is called, and what libpq is told to come to it alone."""
        hosts = str(self._asked.get("host") or os.environ.get("PGHOST") or "").split(",")
        ports = str(self._asked.get("port") or os.environ.get("PGPORT") or "5432").split(",")
        ports = ports * len(hosts) if len(ports) == 1 else ports
        return [
            (f"{host or 'localhost'}:{port}", {"host": host, "port": port, "target_session_attrs": "any"})
            for host, port in zip(hosts, ports, strict=False)
        ]

    def exists(self) -> bool:
        with self.connect("write") as connection:
            found = connection.execute("SELECT to_regnamespace(%s) IS NOT NULL", (self.schema,)).fetchone()
        return bool(found and found[0])

    def engine(self, mode: Mode) -> Engine:
        engine = create_engine(
            "postgresql+psycopg://", creator=lambda: self.connect(mode), poolclass=QueuePool, pool_size=5,
            max_overflow=50, pool_reset_on_return=None, paramstyle="format", hide_parameters=True,
            use_native_hstore=False,
        )  # fmt: skip
        event.listen(engine, "checkout", _still_there)
        return engine

    def connect(self, mode: Mode) -> psycopg.Connection:
        """A connection that speaks for itself: transactions are begun and ended in words."""
        asked = {"connect_timeout": CONNECT_SECONDS, "fallback_application_name": "deal", **self._asked}
        if mode != "read" and "," in f"{asked.get('host')}{asked.get('hostaddr')}":
            asked["target_session_attrs"] = "read-write"
        try:
            connection = _Session.connect(**{**asked, "client_encoding": "UTF8"}, autocommit=True)
        except psycopg.Error as error:
            wanted = str(asked.get("target_session_attrs"))
            raise postgres_refusals.unreachable(self.address, str(error), wanted) from None
        connection.add_notice_handler(connection.heed)
        try:
            connection.execute(SESSION, (f"{self.schema}, pg_temp", f"{int(place.LOCK_SECONDS * 1000)}ms"))
        except psycopg.Error as error:
            connection.close()
            raise self.refusal_of(error) or error from None
        return connection

    def make(self, connection: Connection) -> None:
        encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
        if encoding != "UTF8":
            raise NotUtf8(self.address, encoding)
        connection.exec_driver_sql(f"CREATE SCHEMA {self.schema}")
        connection.exec_driver_sql(f"CREATE SCHEMA {self.answers}")
        metadata.create_all(connection, checkfirst=False)
        connection.exec_driver_sql(ATTACHMENTS.format(schema=self.schema))
        for statement in postgres_guards.statements(self.schema):
            connection.connection.cursor().execute(statement)

    def rights(self, connection: Connection) -> Rights:
        row = connection.exec_driver_sql(RIGHTS.format(schema=self.schema)).first()
        if row is None:
            raise NoLedger(self.address)
        there, may_read, append, keep, writable = row
        if not may_read:
            raise NotYours(self.address)
        if not there:
            raise NotALedger(self.address)
        self.follows = not writable
        return Rights(append=bool(append and writable), keep=bool(keep and writable))

    def not_writable(self) -> NotWritable:
        return OnStandby(self.address) if self.follows else RoleMayNot(self.address)

    def begin_in_turn(self, cursor: Any) -> Any:
        # Both in one message: the server is as far away as it is.
        cursor.execute(f"{self.BEGIN_WRITING}; {self.TURN}", prepare=False)
        cursor.nextset()
        return cursor.fetchone()

    def insert(self, connection: Connection, table: Table, rows: list[tuple[Any, ...]]) -> None:
        cursor: Any = connection.connection.cursor()
        if len(rows) == 1:
            cursor.execute(insertion(table, "%s"), rows[0])  # executemany is for many: it sends twice as much
            return
        if len(rows) < COPIED or table.info.get(ONCE):
            cursor.executemany(insertion(table, "%s"), rows)
            return
        names = ", ".join(f'"{name}"' for name in columns_of(table))
        with cursor.copy(f"COPY {table.fullname} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    def keep_answers(self, connection: Connection) -> None:
        # Whoever makes a table owns it; made by the owner of the schema, it belongs to all who may keep answers.
        if connection.exec_driver_sql(KEEPER.format(schema=self.answers)).first() is None:
            connection.exec_driver_sql(f"CREATE SCHEMA {self.answers}")  # answers are disposable, and so is their place

    def filled(self, connection: Connection, table: str) -> None:
        connection.exec_driver_sql(f"ANALYZE {table}")

    def table_names(self, connection: Connection) -> set[str]:
        query = f"SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname = '{self.answers}'"
        return set(connection.exec_driver_sql(query).scalars())

    def hold(self, connection: Connection, tables: Sequence[str]) -> bool:
        return not tables or self._lock(connection, tables, "ACCESS SHARE MODE")

    def give_up(self, connection: Connection, tables: Sequence[str]) -> bool:
        # Without waiting: who waits for one reader while holding what another waits for waits for ever.
        return not tables or self._lock(connection, tables, "ACCESS EXCLUSIVE MODE NOWAIT")

    def _lock(self, connection: Connection, tables: Sequence[str], how: str) -> bool:
        connection.exec_driver_sql("SAVEPOINT before_lock")
        try:
            connection.exec_driver_sql(f"LOCK TABLE {', '.join(tables)} IN {how}")
        except exc.DBAPIError as error:
            if getattr(cause(error), "sqlstate", None) not in NOT_LOCKED:
                raise
            connection.exec_driver_sql("ROLLBACK TO before_lock")
            return False
        return True

    def committed(self, connection: Connection) -> None:
        session: Any = connection.connection.driver_connection
        if session.warned:
            session.warned = False
            raise NotOnStandby(self.address)

    def listener(self) -> Listener | None:
        connection = self.connect("read")
        try:
            connection.execute(f"LISTEN {self.schema}")
        except psycopg.errors.ReadOnlySqlTransaction:
            connection.close()
            return None  # a standby tells nobody
        except psycopg.Error as error:
            connection.close()
            raise self.refusal_of(error) or error from None
        return _Listener(self, connection)

    def schema_of(self, connection: Connection) -> dict[str, str]:
        return postgres_catalog.there(connection, self.schema)

    def own_schema(self, answers: Sequence[MetaData]) -> dict[str, str]:
        return postgres_catalog.own(self.schema)

    def outdated(self, connection: Connection) -> bool:
        return postgres_catalog.outdated(connection, self.schema)

    def lost(self, error: Exception) -> bool:
        return postgres_refusals.lost(error)

    def refusal_of(self, error: Exception) -> Refusal | None:
        return postgres_refusals.refusal_of(error, self.address)


NOT_LOCKED = ("42P01", "55P03")  # the table is gone; somebody else holds it


class _Session(psycopg.Connection[Any]):
    """A connection that notices when the server warns: it does so where a commit did not wait for its standby."""

    warned = False

    def heed(self, notice: psycopg.errors.Diagnostic) -> None:
        # Of class 01; not by its words, which come in the server's language.
        self.warned = self.warned or (notice.severity_nonlocalized == "WARNING" and notice.sqlstate == "01000")


class _Listener:
    def __init__(self, server: Server, connection: psycopg.Connection) -> None:
        self.server = server
        self.connection = connection

    def wait(self) -> None:
        try:
            for _ in self.connection.notifies(timeout=LISTEN_SECONDS, stop_after=1):
                pass
        except psycopg.Error as error:
            raise self.server.refusal_of(error) or error from None

    def close(self) -> None:
        self.connection.close()


def _still_there(connection: Any, _record: object, _proxy: object) -> None:
    """A connection that was kept, and that the server has closed since, is not given out again.

    It says so without having been asked; to look costs no round trip.
    """
    if connection.closed or _readable(connection.fileno()):
        raise exc.DisconnectionError


def _readable(handle: int) -> bool:
    """Whether there is something to read; poll, where there is one, knows of more than 1,024 open files."""
    if not hasattr(select, "poll"):
        return bool(select.select([handle], [], [], 0)[0])
    asked = select.poll()
    asked.register(handle, select.POLLIN)
    return bool(asked.poll(0))
