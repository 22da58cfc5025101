"""A ledger on a PostgreSQL server: what the database refuses by itself, and every refusal that a server brings."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Barrier, Thread

import psycopg
import pytest
from click.testing import CliRunner

from cli.main import main
from ledger import outcome, place, postgres_guards, statements
from ledger.address import parse, shown
from ledger.application import Ledger
from ledger.batch import Draft
from ledger.entry import COLUMNS, leaf
from ledger.errors import ConcurrentWrite, LedgerBusy, OutcomeUnknown, Refusal, ServerWentAway
from ledger.events import DealOpened
from projections.verification import Verification
from tests.benchmarks.generator import Shape, fill
from tests.ledger.test_store import DAY, NOON, amended, opened, refusal
from tests.postgres import PASSWORD, Server, free_port
from tests.wire import Moment, Wire


@pytest.fixture
def address(postgres: Server) -> str:
    return postgres.fresh()


@pytest.fixture
def ledger(address: str) -> Iterator[Ledger]:
    with Ledger(address, "create", clock=lambda: NOON) as ledger:
        ledger.record([opened(), amended("a")], "")
        yield ledger


def schema_of(ledger: Ledger) -> str:
    return re.findall(r"schema=(\w+)", ledger.database.address)[0]


# --- what the database refuses by itself ------------------------------------------------------------------

GOOD = {
    "position": 3, "recorded_at": "2026-01-01T12:00:00.000009Z",
    "recorded_by": "Mallory \\ \"M\" \t\x7f\u2028 東", "deal": "acme-bolt",
    "version": 3, "event": "E", "schema": 1, "key": "k\n", "data": "{}",
}  # fmt: skip


def insert_by_hand(session: psycopg.Connection, **changed: object) -> None:
    """Somebody who knows how a leaf hash is made."""
    row = {**GOOD, **changed}
    row.setdefault("leaf", leaf(tuple(row[name] for name in COLUMNS)) if None not in row.values() else bytes(32))
    row.setdefault("nodes", b"")
    names = ", ".join(row)
    session.execute(f"INSERT INTO entries ({names}) VALUES ({', '.join(['%s'] * len(row))})", [*row.values()])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET data = '{}' WHERE position = 1",
        "UPDATE entries SET data = data WHERE false",
        "DELETE FROM entries WHERE position = 2",
        "DELETE FROM entries",
        "TRUNCATE entries",
        "TRUNCATE entries, checkpoints CASCADE",
        "INSERT INTO entries SELECT * FROM entries WHERE position = 1 ON CONFLICT (position) DO UPDATE SET data = '{}'",
        "MERGE INTO entries e USING entries o ON e.position = o.position WHEN MATCHED THEN UPDATE SET data = '{}'",
        "UPDATE ledger SET format = 2",
        "DELETE FROM ledger",
        "UPDATE checkpoints SET size = 1",
        "DELETE FROM checkpoints",
        "DELETE FROM attachments",
        "SET session_replication_role = replica; DELETE FROM entries",
    ],
)
def test_the_database_itself_refuses_to_change_an_entry(statement: str, postgres: Server, ledger: Ledger) -> None:
    before = list(ledger.entries.all_rows())
    with postgres.session() as session:
        session.execute(f"SET search_path = {schema_of(ledger)}")
        with pytest.raises(psycopg.IntegrityError, match="entries of a ledger are never changed or deleted"):
            session.execute(statement)
    assert list(ledger.entries.all_rows()) == before


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"position": 4}, "entry 4 is out of turn: 3 comes next"),
        ({"position": 2}, "entry 2 is out of turn: 3 comes next"),
        ({"recorded_at": "2026-01-01T12:00:00.000001Z"}, "is not an instant after 2026-01-01T12:00:00.000001Z"),
        ({"recorded_at": "2026-01-01T11:59:59.999999Z"}, "is not an instant after 2026-01-01T12:00:00.000001Z"),
        ({"recorded_at": "2027"}, "2027 is not an instant after"),
        ({"version": 4}, "entry 4 of acme-bolt is out of turn"),
        ({"version": 2}, "entry 2 of acme-bolt is out of turn"),
        ({"deal": "new", "version": 2}, "entry 2 of new is out of turn"),
        ({"recorded_at": "9999-01-01T00:00:00.000000Z"}, "9999-01-01T00:00:00.000000Z is no instant"),
        ({"recorded_at": "2027-01-01T24:00:00.000000Z"}, "2027-01-01T24:00:00.000000Z is no instant"),
        ({"nodes": bytes(32)}, "the tree at entry 3 is not that of the hashes below it"),
        ({"leaf": bytes(32)}, "the hash of entry 3 is not that of its line"),
        ({"data": "{\n}"}, "the hash of entry 3 is not that of its line"),
    ],
)
def test_not_even_by_hand_is_the_order_broken(
    changed: dict[str, object], said: str, postgres: Server, ledger: Ledger
) -> None:
    with postgres.session() as session:
        session.execute(f"SET search_path = {schema_of(ledger)}")
        with pytest.raises(psycopg.IntegrityError, match=re.escape(said)):
            insert_by_hand(session, **changed)
        insert_by_hand(session)
    assert ledger.entries.head() == 3


def test_a_writer_cannot_break_the_tree_for_those_who_come_after(postgres: Server, ledger: Ledger) -> None:
    """The hashes beside a row are those of the rows below it, whoever made them; with 64 of them, at every height."""
    while ledger.entries.head() < 63:
        ledger.record(
            [amended(f"more {ledger.entries.head()} {n}") for n in range(3)][: 63 - ledger.entries.head()], ""
        )
    with postgres.session() as session:
        session.execute(f"SET search_path = {schema_of(ledger)}")
        last = {"position": 64, "version": 64, "recorded_at": "2027-01-01T00:00:00.000000Z"}
        for nodes in (b"", bytes(32 * 6), bytes(32 * 5), bytes(32 * 7)):
            with pytest.raises(psycopg.IntegrityError, match="the tree at entry 64 is not that of the hashes below it"):
                insert_by_hand(session, **last, nodes=nodes)
    ledger.record([amended("the last one")], "")
    assert [difference.says for difference in Verification(ledger).differences()] == []


def test_guards_of_an_earlier_version_are_whole_and_are_renewed(postgres: Server, address: str, ledger: Ledger) -> None:
    before = (Path(__file__).parent / "entry_in_turn_0_2_0.sql").read_text().replace("{schema}", schema_of(ledger))
    postgres.sql(before)
    done = CliRunner().invoke(main, ["verify", "--ledger", ledger.database.address])
    assert done.exit_code == 0, done.output
    assert "The database's guards are those of an earlier version" in done.stderr
    for statement in postgres_guards.renewed(schema_of(ledger)):
        postgres.sql(statement)
    done = CliRunner().invoke(main, ["verify", "--ledger", ledger.database.address])
    assert (done.exit_code, "earlier version" in done.stderr) == (0, False)


def test_a_deal_is_found_by_its_name_though_nobody_looked_at_the_table_yet(address: str) -> None:
    fill(address, Shape(deals=60, instruments=50))
    with Ledger(address, "read") as ledger, ledger.database.reading() as connection:
        text = str(statements.OF_DEAL.compile(dialect=connection.dialect))
        plan = connection.connection.cursor().execute(f"EXPLAIN {text}", ("deal-000001", 3_000)).fetchall()
        found = re.findall(r"Index Scan (?:on|using) (\w+)", str(plan))
    assert found == ["entries_deal_version_key"]


@pytest.mark.parametrize("isolation", ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"])
def test_who_looked_before_the_other_wrote_cannot_take_the_same_place(
    isolation: str, postgres: Server, ledger: Ledger
) -> None:
    with postgres.session() as session:
        session.execute(f"SET search_path = {schema_of(ledger)}")
        session.execute(f"BEGIN ISOLATION LEVEL {isolation}")
        session.execute("SELECT max(position) FROM entries")
        ledger.record([amended("theirs")], "")
        with pytest.raises(psycopg.Error):
            insert_by_hand(session)
    assert [row[0] for row in ledger.entries.all_rows()] == [1, 2, 3]


@pytest.mark.parametrize(
    ("attack", "gone"),
    [
        ("ALTER TABLE entries DISABLE TRIGGER entries_never_update",
         ["guard entries_never_update is not as the ledger makes it"]),
        ("ALTER TABLE entries ENABLE TRIGGER entries_in_turn", ["guard entries_in_turn is not as the ledger makes it"]),
        ("DROP TRIGGER checkpoints_never_delete ON checkpoints", ["guard checkpoints_never_delete is gone"]),
        ("CREATE OR REPLACE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
         ["guard tell is not as the ledger makes it"]),
    ],
)  # fmt: skip
def test_a_guard_that_was_taken_away_is_found(attack: str, gone: list[str], postgres: Server, ledger: Ledger) -> None:
    assert not list(Verification(ledger).differences())
    with postgres.session() as session:
        session.execute(f"SET search_path = {schema_of(ledger)}")
        session.execute(attack)
    assert [difference.says for difference in Verification(ledger).differences()] == [
        f"The database's {what}: entries could have been changed." for what in gone
    ]


# --- many at once -----------------------------------------------------------------------------------------


def test_thirty_two_writers_at_once(address: str) -> None:
    """On one deal and on their own: nobody is lost, nothing is doubled, positions are dense and instants rise."""
    Ledger(address, "create").close()
    start, told = Barrier(32), []

    def write(number: int) -> None:
        with Ledger(address) as own:
            start.wait()
            own.record([opened(f"own-{number}")], "")
            for step in range(4):
                try:
                    told.append(own.record([amended(f"{number}.{step}", f"own-{number // 8 * 8}")], "")[0].entry)
                except ConcurrentWrite:
                    told.append(None)
                except Refusal:
                    told.append(None)  # the deal that all write to is not open yet

    writers = [Thread(target=write, args=(number,)) for number in range(32)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with Ledger(address, "read") as ledger:
        rows = list(ledger.entries.all_rows())
        accepted = {entry.position for entry in told if entry}
        assert len(told) == 32 * 4
        assert [row[0] for row in rows] == list(range(1, 33 + len(accepted)))
        assert accepted == {row[0] for row in rows if row[5] == "Amended"}
        assert sorted(row[1] for row in rows) == [row[1] for row in rows]
        assert len({row[1] for row in rows}) == len(rows)
        assert not list(Verification(ledger).differences())


def test_a_writer_who_waits_too_long_is_told_so(
    postgres: Server, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, "LOCK_SECONDS", 0.2)
    with postgres.session() as holder:
        holder.execute("BEGIN")
        holder.execute(f"SELECT {schema_of(ledger)}.take_turn()")
        with Ledger(full(ledger)) as waiting, pytest.raises(LedgerBusy) as refused:
            waiting.record([amended("b")], "")
        assert refused.value.exit_code == 5
        assert str(refused.value) == (
            f"Somebody else has been writing to the ledger at {ledger.database.address} for 0.2 seconds; nothing was "
            "recorded. Repeat the command when that has ended."
        )
        with Ledger(full(ledger), "read") as reader:
            assert reader.entries.head() == 2


def full(ledger: Ledger) -> str:
    """These addresses have no password, so that what is shown is all of it."""
    return ledger.database.address


# --- a connection that breaks -----------------------------------------------------------------------------


@pytest.fixture
def wire(postgres: Server) -> Iterator[Wire]:
    wire = Wire(postgres)
    yield wire
    wire.close()


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("key", [None, "k"])
def test_a_commit_that_was_cut_off_is_found_out(
    moment: Moment, key: str | None, wire: Wire, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcome, "SECONDS_BETWEEN", 0)
    with Ledger(wire.url(schema=schema_of(ledger))) as cut_off:
        batch = [amended("b", key=key), opened("new")]
        wire.cut = moment
        if moment == "after":
            assert [told.entry.position for told in cut_off.record(batch, "")] == [3, 4]
        else:
            with pytest.raises(ServerWentAway) as refused:
                cut_off.record(batch, "")
            assert str(refused.value) == (
                f"The connection to the server of {cut_off.database.address} broke in the middle of the command; "
                "nothing was recorded. Repeat the command when the server is there again."
            )
            assert ledger.entries.head() == 2
            assert [told.entry.position for told in cut_off.record(batch, "")] == [3, 4]
        assert wire.cut is None
    assert [row[3] for row in ledger.entries.all_rows()] == ["acme-bolt", "acme-bolt", "acme-bolt", "new"]
    assert not list(Verification(ledger).differences())


def test_where_nobody_can_be_asked_it_is_said_loudly_and_the_key_helps(
    wire: Wire, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcome, "SECONDS_BETWEEN", 0)
    monkeypatch.setattr(outcome, "ATTEMPTS", 3)
    with Ledger(wire.url(schema=schema_of(ledger))) as cut_off:
        wire.cut, wire.stays_down = "after", True
        with pytest.raises(OutcomeUnknown) as refused:
            cut_off.record([amended("b", key="k")], "")
    assert refused.value.exit_code == 1
    assert str(refused.value) == (
        f"IT IS NOT KNOWN WHETHER THIS WAS RECORDED: the connection to the server of {cut_off.database.address} broke "
        "while it was being committed, and the server could not be asked since. Look with deal log before you repeat "
        "the command; with the same --key, or from the same file, it is recorded once however often it is repeated."
    )
    wire.down = False
    with Ledger(wire.url(schema=schema_of(ledger))) as again:
        told = again.record([amended("b", key="k")], "")
    assert (told[0].entry.position, told[0].already) == (3, True)
    assert ledger.entries.head() == 3


def test_a_server_that_goes_away_in_the_middle_is_said_and_found_again() -> None:
    server = Server().make().start()
    address = server.url()
    with Ledger(address, "create") as ledger:
        ledger.record([opened()], "")

        def meanwhile(_batch: object) -> None:
            with ledger.database.reading() as connection:
                connection.exec_driver_sql("SELECT 1")
                server.stop()
                connection.exec_driver_sql("SELECT 1")

        assert refusal(lambda: ledger.record([amended("a")], "", approve=meanwhile)) == (
            f"The connection to the server of {address} broke in the middle of the command; nothing was recorded. "
            "Repeat the command when the server is there again."
        )
        assert refusal(lambda: ledger.record([amended("a")], "")) == (
            f"The server of {address} cannot be reached: nothing listens on that socket. Check the host and the port, "
            "and that the server runs; then repeat the command."
        )
        server.start()
        assert [told.entry.position for told in ledger.record([amended("a")], "")] == [2]
        server.restart()  # what was kept open is not used again
        assert ledger.entries.head() == 2
    server.throw_away()


# --- what is no ledger, and who may not come in -----------------------------------------------------------


def test_where_nothing_is_there_is_no_ledger(address: str) -> None:
    for mode in ("read", "write"):
        assert refusal(lambda mode=mode: Ledger(address, mode)) == (
            f"There is no ledger at {address}. Make one with: deal init --ledger {address}; or name another with "
            "--ledger or DEAL_LEDGER."
        )


def test_a_ledger_is_made_once(ledger: Ledger) -> None:
    assert refusal(lambda: Ledger(full(ledger), "create")) == (
        f"There is a ledger at {full(ledger)} already. Use it as it is, or name another place with --ledger."
    )


def test_a_schema_of_somebody_else_is_left_alone(postgres: Server, address: str) -> None:
    schema = address.rpartition("=")[2]
    postgres.sql(f"CREATE SCHEMA {schema}", f"CREATE TABLE {schema}.accounts (id int)")
    sentence = f"{address} is not a ledger. Name a ledger with --ledger, or make one: deal init --ledger FILE"
    for mode in ("read", "write", "create"):
        assert refusal(lambda mode=mode: Ledger(address, mode)) == sentence
    assert postgres.sql(f"SELECT count(*) FROM pg_class WHERE relnamespace = '{schema}'::regnamespace") == [(1,)]


def test_a_newer_ledger_needs_a_newer_program(postgres: Server, ledger: Ledger) -> None:
    schema = schema_of(ledger)
    postgres.sql(f"DROP TRIGGER ledger_never_update ON {schema}.ledger", f"UPDATE {schema}.ledger SET format = 2")
    assert refusal(lambda: Ledger(full(ledger), "read")) == (
        f"The ledger at {full(ledger)} has format 2, and this version of deal knows formats up to 1. Install a newer "
        "version of deal-ledger."
    )


def test_a_database_that_cannot_hold_every_script_is_refused(postgres: Server) -> None:
    postgres.sql("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    address = postgres.url("latin")
    assert refusal(lambda: Ledger(address, "create")) == (
        f"The database of {address} is encoded in LATIN1, and names come in every script. Make one in UTF-8: createdb "
        "--encoding=UTF8 --template=template0 NAME"
    )


def test_a_key_with_a_nul_is_refused(ledger: Ledger) -> None:
    assert refusal(lambda: ledger.record([amended("b", key="a\0b")], "")) == (
        f"A key, a name or a text has the character NUL in it, which the database of {full(ledger)} cannot hold. "
        "Nothing was recorded. Take the character out, or keep the ledger in a file."
    )


SECRETS = ("hunter2", "xyl@fone/quux?k9#", "blue horse", PASSWORD)


def refused_addresses(server: Server, secret: str) -> dict[str, str]:
    """Addresses with a password in them that come to nothing, each in its way."""
    tcp = server.tcp(password=secret)
    plain = f"postgresql://postgres:{secret}@127.0.0.1:{server.port}/postgres"  # not encoded, as people paste it
    return {
        "nobody listens": tcp.replace(f":{server.port}/", f":{free_port()}/"),
        "no such host": tcp.replace("127.0.0.1", "nowhere.invalid"),
        "wrong password": server.tcp(password=f"{secret}!"),
        "no such user": server.tcp(user="mallory", password=secret),
        "no such database": server.tcp("none", password=secret),
        "no such schema": server.tcp(password=secret, schema="no_such_books"),
        "not a schema": server.tcp(password=secret, schema="no-schema"),
        "not encoded": plain.replace(":5432", ""),
        "in the query": f"{server.url(user='mallory')}&password={secret.replace(' ', '+')}",
        "no such service": f"postgresql:///x?service=none&password={secret.split()[0]}",
        "not an option": f"{tcp}?nonsense=1",
        "another driver": tcp.replace("postgresql", "postgresql+asyncpg"),
        "one slash": tcp.replace("//", "/", 1),
        "as pairs": f"host=nowhere.invalid password={secret}",
    }


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("mode", ["read", "write", "create"])
def test_no_refusal_shows_a_password(secret: str, mode: str, postgres: Server) -> None:
    parts = {part for part in re.split(r"[@/?#: !]", secret) if len(part) > 3} | {secret}
    for name, address in refused_addresses(postgres, secret).items():
        try:
            Ledger(address, mode).close()
        except Refusal as refused:
            text = f"{refused!r} {refused} {refused.__cause__} {refused.__dict__}"
            assert not [part for part in parts if part in text], (name, text)
        else:
            assert secret == PASSWORD, name


SHOWN = [
    ("deals.db", "deals.db"),
    ("/tmp/a:b@c.db", "/tmp/a:b@c.db"),
    ("postgresql:///deals", "postgresql:///deals"),
    ("postgresql://dana@one,two:5433/deals", "postgresql://dana@one,two:5433/deals"),
    ("postgresql://dana:secret@one:1,two:2/deals?x=1", "postgresql://dana:***@one:1,two:2/deals?x=1"),
    ("postgres://:secret@one", "postgres://:***@one"),
    ("postgresql+psycopg://dana:s@one/d", "postgresql://dana:***@one/d"),
    ("postgresql://dana:a@b/c@one/d", "postgresql://dana:***@one/d"),
    ("postgresql:///d?user=x&password=secret&schema=y", "postgresql:///d?user=x&password=***&schema=y"),
    ("postgresql:///d?sslpassword=secret", "postgresql:///d?sslpassword=***"),
    ("postgresql:///d?pass%77ord=secret&x=1", "postgresql:///d?pass%77ord=***&x=1"),
    ("postgres:/dana:secret@one/d", "postgres:/dana:***@one/d"),
    ("pg://dana:secret@one/d", "pg://dana:***@one/d"),
    ("postgresql:dana:secret@one", "postgresql:***@one"),
    ("dana:secret@one/d", "dana:***@one/d"),
    ("postgres:/one/d?PassWord=secret", "postgres:/one/d?PassWord=***"),
    ("sc://one:15002/;token=secret", "sc://one:15002/;token=***"),
]


@pytest.mark.parametrize(("address", "said"), SHOWN)
def test_an_address_is_shown_without_its_password(address: str, said: str) -> None:
    assert shown(address) == said


@pytest.mark.parametrize(
    ("address", "conninfo", "schema"),
    [
        ("postgresql:///deals", "postgresql:///deals", "deal_ledger"),
        ("postgresql://h1:1,h2:2/db?x=y&schema=books", "postgresql://h1:1,h2:2/db?x=y", "books"),
        ("postgresql:///db?schema=books&service=x", "postgresql:///db?service=x", "books"),
        ("postgresql+psycopg:///db?schema=books", "postgresql:///db", "books"),
        ("postgres://u:%2F%40@h/db", "postgresql://u:%2F%40@h/db", "deal_ledger"),
    ],
)  # fmt: skip
def test_what_libpq_is_told(address: str, conninfo: str, schema: str) -> None:
    found = parse(address)
    assert not isinstance(found, Path)
    assert (found.conninfo, found.schema) == (conninfo, schema)


# Of each: the address and the sentence, in which {} is the address as it is shown.
TOLD: list[tuple[str, Callable[[Server], str], str]] = [
    ("nobody listens", lambda s: f"postgresql://x:y@127.0.0.1:{free_port()}/z",
     "The server of {} cannot be reached: nothing listens there. Check the host and the port, and that the server "
     "runs; then repeat the command."),
    ("no such host", lambda s: "postgresql://x:y@nowhere.invalid/z",
     "The server of {} cannot be reached: there is no such host. Check the host and the port, and that the server "
     "runs; then repeat the command."),
    ("wrong password", lambda s: s.tcp(password="wrong"),
     "The server of {} does not let you in: the password is wrong or missing. Check the user, and the password in "
     "PGPASSFILE, the service file or the address; or ask whoever runs the server."),
    ("no password", lambda s: f"postgresql://postgres@127.0.0.1:{s.port}/postgres",
     "The server of {} does not let you in: the password is wrong or missing. Check the user, and the password in "
     "PGPASSFILE, the service file or the address; or ask whoever runs the server."),
    ("no such user", lambda s: s.url(user="mallory"),
     "The server of {} does not let you in: there is no such user. Check the user, and the password in PGPASSFILE, the "
     "service file or the address; or ask whoever runs the server."),
    ("no such database", lambda s: s.tcp("none"),
     "There is no such database on the server of {}. Check the name, or ask whoever runs the server to make it: "
     "createdb NAME"),
    ("no such service", lambda s: "postgresql:///x?service=none",
     "The server of {} cannot be reached: the service file has no such service. Check the host and the port, and that "
     "the server runs; then repeat the command."),
    ("not an option", lambda s: f"{s.url()}&nonsense=1",
     "The server of {} cannot be reached: the address cannot be read as libpq reads it. Check the host and the port, "
     "and that the server runs; then repeat the command."),
    ("a bare @", lambda s: "postgresql://x:p@ss@host/z",
     "The address {} cannot be read. Write it as libpq does, with %40 for @, %2F for / and %3F for ? in a name or a "
     "password, and a schema of lower-case letters, digits and _: postgresql://host/deals?schema=deal_ledger"),
    ("no standby", lambda s: f"{s.url()}&target_session_attrs=standby",
     "None of the servers of {} is what target_session_attrs=standby asks for: they are standbys that may only be "
     "read, or there is no standby. Name all servers, or wait until one is promoted; then repeat the command."),
]  # fmt: skip


@pytest.mark.parametrize(("made", "sentence"), [told[1:] for told in TOLD], ids=[told[0] for told in TOLD])
def test_what_comes_of_an_address_is_said(made: Callable[[Server], str], sentence: str, postgres: Server) -> None:
    address = made(postgres)
    assert refusal(lambda: Ledger(address, "read")) == sentence.format(shown(address))


def test_too_many_connections_are_said() -> None:
    server = Server({"max_connections": "6", "superuser_reserved_connections": "0", "max_wal_senders": "0"})
    address = server.make().start().url()
    Ledger(address, "create").close()
    held = [psycopg.connect(address) for _ in range(6)]
    assert refusal(lambda: Ledger(address, "read")) == (
        f"The server of {address} takes no more connections at this moment; nothing was recorded. Repeat the command "
        "in a while, or raise the server's max_connections."
    )
    assert len(held) == 6
    server.throw_away()


def test_a_password_may_come_from_a_file_or_a_service(
    postgres: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from psycopg.conninfo import conninfo_to_dict

    password = conninfo_to_dict(postgres.tcp())["password"]
    (tmp_path / "pgpass").write_text(f"127.0.0.1:{postgres.port}:*:*:{str(password).replace(':', chr(92) + ':')}\n")
    (tmp_path / "pgpass").chmod(0o600)
    service = f"[books]\nhost=127.0.0.1\nport={postgres.port}\nuser=postgres\ndbname=postgres\n"
    (tmp_path / "services").write_text(service)
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "pgpass"))
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "services"))
    schema = postgres.fresh().rpartition("=")[2]
    address = f"postgresql:///?service=books&schema={schema}"
    with Ledger(address, "create") as ledger:
        ledger.record([opened()], "")
    with Ledger(f"postgresql://postgres@127.0.0.1:{postgres.port}/postgres?schema={schema}", "read") as ledger:
        assert ledger.entries.head() == 1
    monkeypatch.setenv("PGSERVICE", "books")
    with Ledger(f"postgresql://?schema={schema}", "read") as ledger:
        assert ledger.entries.head() == 1


def test_without_the_driver_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.delitem(sys.modules, "ledger.postgres", raising=False)
    assert refusal(lambda: Ledger("postgresql:///deals")) == (
        "The driver for PostgreSQL is not installed. Install it with: pip install 'deal-ledger[postgres]'; or name a "
        "file with --ledger."
    )


def test_names_sort_as_bytes_whatever_the_server_says(ledger: Ledger) -> None:
    slugs = ["b", "a-b", "ab", "a0", "a"]
    ledger.record([Draft(slug, DealOpened(dated=DAY, title=slug, parties=("A",))) for slug in slugs], "")
    assert ledger.entries.deals() == sorted([*slugs, "acme-bolt"])
