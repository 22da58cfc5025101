"""What the server's superuser did, whether it was found, and the sentence that says so: as in a file (test_attacks)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import psycopg
import pytest

from ledger import checkpoint
from ledger.application import Ledger
from ledger.copying import copy
from ledger.entry import COLUMNS
from projections.point import Point
from projections.proof import kept_elsewhere
from projections.shares import Shares
from projections.verification import Verification
from tests.books import FORMS, NOW, books, rehashed
from tests.postgres import Server

GUARDS = "SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1"
LAST = len(FORMS)
LOWER = "UPDATE entries SET data = replace(data, '20%', '12%') WHERE position = 1"

Statement = str | Callable[[psycopg.Connection], object]
_numbers = count(1)


@pytest.fixture(scope="module")
def original(postgres: Server, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database with the same books as the file that the other table is about."""
    database = postgres.database()
    path = books(tmp_path_factory.mktemp("books") / "deals.db")
    with Ledger(str(path), "read") as source, Ledger(postgres.url(database), "create") as target:
        copy(source.entries, target.entries, lambda count: None)
        list(Shares(target.entries).at(Point(NOW.date(), None, LAST)))
        assert [difference.says for difference in Verification(target).differences()] == []
    return database


def attacked(server: Server, original: str, *statements: Statement) -> str:
    """A copy of the database in which somebody did this with the guards off, and put them on again."""
    database = f"attacked_{next(_numbers)}"
    server.sql(f"CREATE DATABASE {database} TEMPLATE {original}")
    with psycopg.connect(server.url(database), autocommit=True) as session:
        session.execute("SET search_path = deal_ledger, deal_ledger_answers")
        guards = session.execute(GUARDS).fetchall()
        assert len(guards) >= 4
        for guard, table in guards:
            session.execute(f"ALTER TABLE {table} DISABLE TRIGGER {guard}")
        for statement in statements:
            if callable(statement):
                statement(session)
            else:
                session.execute(statement)
        for guard, table in guards:
            session.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {guard}")  # as they were
    return server.url(database)


def found(address: str) -> list[str]:
    with Ledger(address, "read") as ledger:
        return [difference.says for difference in Verification(ledger).differences()]


def recomputed(session: psycopg.Connection) -> None:
    """All hashes anew, as whoever re-writes history would."""
    rows = session.execute(f"SELECT {', '.join(COLUMNS)} FROM entries ORDER BY position").fetchall()
    for values in rehashed(rows):
        session.execute("UPDATE entries SET leaf = %s, nodes = %s WHERE position = %s", values)


ATTACKS: list[tuple[str, tuple[Statement, ...], str]] = [
    ("a share of #1 lowered", (LOWER,), "#1 was changed: its line does not have the hash that was stored with it."),
    ("the last entry deleted", (f"DELETE FROM entries WHERE position = {LAST}",),
     "A checkpoint on file is of #9, and the ledger ends at #8: entries were removed from its end."),
    ("one deleted in the middle", ("DELETE FROM entries WHERE position = 5",), "#5 is missing: after #4 comes #6."),
    ("an entry re-dated", ("UPDATE entries SET recorded_at = '2025-01-01T00:00:00.000000Z' WHERE position = 4",),
     "#4 was re-dated: it says it was recorded at 2025-01-01T00:00:00.000000Z, not after #3 at "
     "2026-01-05T09:00:00.000002Z."),
    ("a tree node changed", (r"UPDATE entries SET nodes = decode(repeat('00', 64), 'hex') WHERE position = 4",),
     "The tree was changed at #4: the hash over #1 to #4 is not of those below it."),
    ("a checkpoint on file replaced", ("UPDATE checkpoints SET note = replace(note, chr(10) || '9' || chr(10), "
                                       "chr(10) || '8' || chr(10)) WHERE size = 9",),
     "The checkpoint on file at #9 was changed: its text is of #8."),
    ("a clause of the projection lowered", ("UPDATE shares_1_claims SET clause = replace(clause, '20%', '12%')",),
     "The projection shares has a row that no entry makes, in shares_1_claims. Rebuild it with: deal verify --rebuild"),
    ("history re-written, hashes recomputed", (LOWER, recomputed),
     "History was rewritten: the checkpoint on file (of #5, signed by nobody) has another root than the entries that "
     "are there now."),
     ("an attached file deleted", ("DELETE FROM attachments",), "The file 'paper.txt' of #3 is missing: "),
]  # fmt: skip


@pytest.mark.parametrize(("what", "statements", "sentence"), ATTACKS, ids=[what for what, _, _ in ATTACKS])
def test_is_found(postgres: Server, original: str, what: str, statements: tuple[Statement, ...], sentence: str) -> None:
    said = found(attacked(postgres, original, *statements))
    assert any(text.startswith(sentence) for text in said), said


@pytest.mark.parametrize("column", [name for name in COLUMNS if name != "position"])
@pytest.mark.parametrize("position", [1, 5, LAST])
def test_a_value_that_was_changed_is_found(postgres: Server, original: str, column: str, position: int) -> None:
    kind = postgres.sql(
        f"SELECT data_type FROM information_schema.columns WHERE table_name = 'entries' AND column_name = '{column}'",
        database=original,
    )[0][0]
    other = f"{column} + 100" if kind in ("bigint", "integer") else f"COALESCE({column}, '') || 'x'"
    said = found(attacked(postgres, original, f"UPDATE entries SET {column} = {other} WHERE position = {position}"))
    assert any(f"#{position}" in text for text in said), (column, said)


def test_guards_that_are_taken_away_or_off_are_missed(postgres: Server, original: str) -> None:
    for name, table in postgres.sql(GUARDS, database=original):
        for how in (f"DROP TRIGGER {name} ON {table}", f"ALTER TABLE {table} DISABLE TRIGGER {name}"):
            address = attacked(postgres, original)
            postgres.sql(how, database=address.rpartition("@/")[2].partition("?")[0])
            assert any(str(name) in text for text in found(address)), (how, found(address))


def test_history_rewritten_as_a_whole_is_found_by_a_checkpoint_kept_outside(postgres: Server, original: str) -> None:
    with Ledger(postgres.url(original), "read") as ledger:
        kept = checkpoint.parse(checkpoint.kept(ledger.database)[-1][1])
    forgotten = (
        "DELETE FROM checkpoints",
        "DROP SCHEMA deal_ledger_answers CASCADE",
        "CREATE SCHEMA deal_ledger_answers",
    )
    address = attacked(postgres, original, LOWER, recomputed, *forgotten)
    assert found(address) == []
    with Ledger(address, "read") as ledger:
        assert [difference.says for difference in kept_elsewhere(ledger, kept)] == [
            "History was rewritten: the checkpoint kept elsewhere (of #9, signed by nobody) has another root than the "
            "entries that are there now."
        ]
