"""The attack table: what somebody with the file in hand did, whether it was found, and the sentence that says so.

The attacker is a good one: the database's guards are taken away before, and put back after.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from ledger import checkpoint
from ledger.application import Ledger
from ledger.entry import COLUMNS, leaf
from ledger.errors import TreeDamaged
from ledger.sqlite import TRIGGERS
from projections.proof import kept_elsewhere
from projections.verification import Verification
from tests.books import FORMS, books, rehashed

DOCUMENTED = (Path(__file__).parents[2] / "docs" / "audit.md").read_text().splitlines()
LAST = len(FORMS)
EDITED = ("recorded_at", "recorded_by", "deal", "version", "event", "schema", "key", "data", "leaf", "nodes")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return books(tmp_path_factory.mktemp("books") / "deals.db")


@pytest.fixture
def copy(original: Path, tmp_path: Path) -> Path:
    return copied(original, tmp_path)


def copied(original: Path, folder: Path) -> Path:
    target = folder / "deals.db"
    with closing(sqlite3.connect(original)) as source, closing(sqlite3.connect(target)) as other:
        source.backup(other)
    shutil.copytree(f"{original}.files", f"{target}.files", dirs_exist_ok=True)
    return target


def attack(path: Path, *statements: str | Callable[[sqlite3.Connection], object]) -> None:
    """Does it with the guards away, and puts them back."""
    with closing(sqlite3.connect(path)) as connection:
        for trigger in TRIGGERS:
            connection.execute(f"DROP TRIGGER {trigger.split()[2]}")
        for statement in statements:
            statement(connection) if callable(statement) else connection.execute(statement)
        for trigger in TRIGGERS:
            connection.execute(trigger)
        connection.commit()


def found(path: Path | str) -> list[str]:
    with Ledger(str(path), "read") as ledger:
        return [difference.says for difference in Verification(ledger).differences()]


def found_by_checkpoint(path: Path, kept: checkpoint.Checkpoint) -> list[str]:
    with Ledger(str(path), "read") as ledger:
        return [difference.says for difference in kept_elsewhere(ledger, kept)]


def kept_outside(path: Path) -> checkpoint.Checkpoint:
    with Ledger(str(path), "read") as ledger:
        return checkpoint.parse(checkpoint.kept(ledger.database)[-1][1])


def test_nothing_is_found_where_nothing_was_done(copy: Path):
    assert found(copy) == []


# --- one value --------------------------------------------------------------------------------------------


def spoilt(value: object, at: float) -> object:
    """The value with one thing changed in it, at a place between its start (0) and its end (1)."""
    if isinstance(value, int):
        return value + 100
    if not value:
        return b"\0" if isinstance(value, bytes) else "x"
    assert isinstance(value, str | bytes)
    place = min(int(at * len(value)), len(value) - 1)
    if isinstance(value, bytes):
        return value[:place] + bytes([value[place] ^ 1]) + value[place + 1 :]
    letter = "x" if value[place] != "x" else "y"
    return value[:place] + letter + value[place + 1 :]


@pytest.mark.parametrize("column", EDITED)
@pytest.mark.parametrize("position", [1, 2, 3, 4, 5, 8, 9])
def test_every_value_of_every_row(original: Path, tmp_path: Path, column: str, position: int):
    """First, middle and last byte; and the same value as another type."""
    with closing(sqlite3.connect(original)) as connection:
        value = connection.execute(f"SELECT {column} FROM entries WHERE position = ?", (position,)).fetchone()[0]
    as_bytes = str(value).encode() + b"\xff" if not isinstance(value, bytes) else value.hex()
    for number, other in enumerate([spoilt(value, 0), spoilt(value, 0.5), spoilt(value, 1), as_bytes]):
        folder = tmp_path / str(number)
        folder.mkdir()
        path = copied(original, folder)
        change = f"UPDATE entries SET {column} = ? WHERE position = {position}"
        attack(path, lambda c, change=change, other=other: c.execute(change, (other,)))
        said = found(path)
        assert said, (column, position, other)
        assert any(f"#{position}" in text for text in said), said


def test_every_row_of_the_projection(original: Path, tmp_path: Path):
    with closing(sqlite3.connect(original)) as connection:
        names = [
            n
            for (n,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE name LIKE 'shares%' AND type = 'table'"
            )
        ]
        rows = [(name, row) for name in names for (row,) in connection.execute(f"SELECT rowid FROM {name}")]
    assert len(rows) > 10
    for number, (name, row) in enumerate(rows):
        folder = tmp_path / str(number)
        folder.mkdir()
        path = copied(original, folder)
        attack(path, f"DELETE FROM {name} WHERE rowid = {row}")
        lacks = f"The projection shares lacks a row that the entries make, in {name}."
        assert found(path) == [f"{lacks} Rebuild it with: deal verify --rebuild"]


# --- the table --------------------------------------------------------------------------------------------


def recomputed(connection: sqlite3.Connection) -> None:
    """All hashes anew, as whoever re-writes history would."""
    rows = connection.execute(f"SELECT {', '.join(COLUMNS)} FROM entries ORDER BY position").fetchall()
    for values in rehashed(rows):
        connection.execute("UPDATE entries SET leaf = ?, nodes = ? WHERE position = ?", values)


def forgotten(connection: sqlite3.Connection) -> None:
    """Checkpoints on file and projections thrown away."""
    connection.execute("DELETE FROM checkpoints")
    names = connection.execute("SELECT name FROM sqlite_master WHERE name LIKE 'shares%' AND type = 'table'").fetchall()
    for name in ("projections", *(name for (name,) in names)):
        connection.execute(f"DROP TABLE {name}")


SWAP = """UPDATE entries SET data = CASE position WHEN 3 THEN (SELECT data FROM entries WHERE position = 8)
          ELSE (SELECT data FROM entries WHERE position = 3) END WHERE position IN (3, 8)"""
DUPLICATE = """INSERT INTO entries SELECT 10, recorded_at, recorded_by, deal, 99, event, schema, NULL, data, leaf, nodes
               FROM entries WHERE position = 3"""
LOWER = "UPDATE entries SET data = replace(data, '20%', '12%') WHERE position = 1"

ATTACKS: list[tuple[str, tuple, str]] = [
    ("a share of #1 lowered", (LOWER,), "#1 was changed: its line does not have the hash that was stored with it."),
    ("the same, with its leaf hash recomputed", (LOWER, lambda c: leaf_only(c, 1)),
     "The tree was changed at #2: the hash over #1 to #2 is not of those below it."),
    ("two rows swapped", (SWAP,), "#3 was changed: its line does not have the hash that was stored with it."),
    ("two positions swapped",
     tuple(f"UPDATE entries SET position = {b} WHERE position = {a}" for a, b in ((3, 77), (4, 3), (77, 4))),
     "#3 was changed: its line does not have the hash that was stored with it."),
    ("the last entry deleted", (f"DELETE FROM entries WHERE position = {LAST}",),
     "A checkpoint on file is of #9, and the ledger ends at #8: entries were removed from its end."),
    ("the last entry deleted, and the checkpoints",
     (f"DELETE FROM entries WHERE position = {LAST}", "DELETE FROM checkpoints"),
     "The projection shares has seen #9, and the ledger ends at #8: entries were removed from the end."),
    ("one deleted in the middle", ("DELETE FROM entries WHERE position = 5",), "#5 is missing: after #4 comes #6."),
    ("three deleted in the middle", ("DELETE FROM entries WHERE position IN (4, 5, 6)",),
     "#4 to #6 are missing: after #3 comes #7."),
    ("one deleted, and the rest moved up",
     ("DELETE FROM entries WHERE position = 6", *(f"UPDATE entries SET position = {n} - 1 WHERE position = {n}"
                                                  for n in (7, 8, 9))),
     "#6 was changed: its line does not have the hash that was stored with it."),
    ("an entry duplicated", (DUPLICATE,),
     "#10 is entry 99 of acme-bolt, where entry 7 should be: one is missing or moved."),
    ("an entry re-dated", ("UPDATE entries SET recorded_at = '2025-01-01T00:00:00.000000Z' WHERE position = 4",),
     "#4 was re-dated: it says it was recorded at 2025-01-01T00:00:00.000000Z, not after #3 at "
     "2026-01-05T09:00:00.000002Z."),
    ("a tree node changed", (f"UPDATE entries SET nodes = X'{'00' * 64}' WHERE position = 4",),
     "The tree was changed at #4: the hash over #1 to #4 is not of those below it."),
    ("a tree node taken away", ("UPDATE entries SET nodes = X'' WHERE position = 8",),
     "The tree was changed at #8: 3 hashes should stand there."),
    ("a checkpoint on file replaced", ("UPDATE checkpoints SET note = replace(note, char(10) || '9' || char(10), "
                                       "char(10) || '8' || char(10))",),
     "The checkpoint on file at #9 was changed: its text is of #8."),
    ("a checkpoint on file given another size", ("UPDATE checkpoints SET size = 'nine' WHERE size = 9",),
     "A checkpoint on file was changed: 'nine' is not its size."),
    ("a clause of the projection lowered", ("UPDATE shares_1_claims SET clause = replace(clause, '20%', '12%')",),
     "The projection shares has a row that no entry makes, in shares_1_claims. Rebuild it with: deal verify --rebuild"),
    ("history re-written, hashes recomputed", (LOWER, recomputed),
     "History was rewritten: the checkpoint on file (of #5, signed by nobody) has another root than the entries that "
     "are there now."),
]  # fmt: skip


def leaf_only(connection: sqlite3.Connection, position: int) -> None:
    row = connection.execute(f"SELECT {', '.join(COLUMNS)} FROM entries WHERE position = {position}").fetchone()
    connection.execute("UPDATE entries SET leaf = ? WHERE position = ?", (leaf(row), position))


@pytest.mark.parametrize(("what", "statements", "sentence"), ATTACKS, ids=[what for what, _, _ in ATTACKS])
def test_is_found(copy: Path, what: str, statements: tuple, sentence: str):
    attack(copy, *statements)
    said = found(copy)
    row = f"| {what} | {'yes' if sentence in said else 'NO'} | {sentence} |"
    print(row)
    assert sentence in said, said
    assert row in DOCUMENTED


def test_a_file_that_was_attached_is_changed_or_gone(copy: Path):
    paper = next(Path(f"{copy}.files").iterdir())
    paper.write_text("twelve percent")
    assert found(copy) == ["The file 'paper.txt' of #3 was changed: its SHA-256 is not the one in the entry."]
    paper.unlink()
    assert found(copy) == [f"The file 'paper.txt' of #3 is missing: it should lie at {paper.name}."]


def test_a_line_that_cannot_be_read_is_said_by_a_checkpoint_too(original: Path, copy: Path):
    attack(copy, "UPDATE entries SET data = CAST(X'FF' AS TEXT) WHERE position = 3")
    assert any(text.startswith("#3 cannot be read from the file: ") for text in found(copy))
    with pytest.raises(TreeDamaged):
        found_by_checkpoint(copy, kept_outside(original))


def test_checkpoints_dropped_as_a_whole_are_missed(copy: Path):
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute("DROP TABLE checkpoints")
    assert found(copy) == [
        "The ledger's table checkpoints is gone: entries could have been changed.",
        "The ledger's index sqlite_autoindex_checkpoints_1 is gone: entries could have been changed.",
        "The database's guard checkpoints_never_update is gone: entries could have been changed.",
        "The database's guard checkpoints_never_delete is gone: entries could have been changed.",
        "The checkpoints on file cannot be read: their table is gone or damaged.",
    ]


def test_guards_taken_away_are_missed(copy: Path):
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute("DROP TRIGGER entries_never_update")
    assert found(copy) == ["The database's guard entries_never_update is gone: entries could have been changed."]


def test_an_index_that_says_otherwise_is_found(copy: Path):
    """Whoever asks by an index would get other rows than whoever reads the table."""
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        pages = "SELECT rootpage FROM sqlite_master WHERE name = 'sqlite_autoindex_entries_{}'"
        one, two = (connection.execute(pages.format(n)).fetchone()[0] for n in (1, 2))
        swap = "UPDATE sqlite_master SET rootpage = ? WHERE name = 'sqlite_autoindex_entries_{}'"
        connection.execute(swap.format(1), (two,))
        connection.execute(swap.format(2), (one,))
        connection.commit()
    assert any(text.startswith("The file is damaged: ") for text in found(copy))


def test_an_older_copy_is_found_by_a_checkpoint_kept_outside(original: Path, tmp_path: Path):
    older = books(tmp_path / "older.db", count=6)
    assert found(older) == []
    assert found_by_checkpoint(older, kept_outside(original)) == [
        "The checkpoint is of #9, and this ledger ends at #6: it is an older copy, or entries were removed from its "
        "end."
    ]


def test_history_rewritten_as_a_whole_is_found_by_a_checkpoint_kept_outside(original: Path, copy: Path):
    attack(copy, LOWER, recomputed, forgotten)
    assert found(copy) == []
    assert found_by_checkpoint(copy, kept_outside(original)) == [
        "History was rewritten: the checkpoint kept elsewhere (of #9, signed by nobody) has another root than the "
        "entries that are there now."
    ]
