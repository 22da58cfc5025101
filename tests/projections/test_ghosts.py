"""What stands in a ledger without having been recorded, and what was recorded and does not stand there.

verify names it, and every answer sees the same entries, whatever somebody put beside them.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import main
from ledger.application import Ledger
from ledger.batch import Draft
from ledger.entry import COLUMNS, leaf
from ledger.errors import NotRecorded
from ledger.events import NothingChanged
from ledger.merkle import SIZE
from tests.books import FORMS, NOW, books
from tests.postgres import Server
from tests.projections.test_attacks import attack, found

LAST = len(FORMS)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return books(tmp_path_factory.mktemp("books") / "deals.db")


@pytest.fixture
def copy(whole: Path, tmp_path: Path) -> Path:
    with closing(sqlite3.connect(whole)) as source, closing(sqlite3.connect(tmp_path / "deals.db")) as other:
        source.backup(other)
    shutil.copytree(f"{whole}.files", tmp_path / "deals.db.files")
    return tmp_path / "deals.db"


def deal(words: str, path: Path | str) -> Result:
    return CliRunner().invoke(main, [*words.split(), "--ledger", str(path)])


def ghost(position: int, version: int = 1, name: str = "ghost") -> Callable[[sqlite3.Connection], None]:
    """A copy of the first entry somewhere else, with a hash of its own that is right."""

    def put(connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        row = list(connection.execute(f"SELECT {', '.join(COLUMNS)} FROM entries WHERE position = 1").fetchone())
        row[0], row[3], row[4], row[7] = position, name, version, f"key-of-{position}"
        values = (*row, leaf(tuple(row)), b"\0" * SIZE * ((position & -position).bit_length() - 1))
        connection.execute(f"INSERT INTO entries VALUES ({', '.join('?' * len(values))})", values)

    return put


ASKED = (
    "show ghost --on 2026-01-01",
    "log ghost",
    "log #0",
    "log #-3",
    "log key-of-0",
    "why ghost share --on 2026-01-01",
)


@pytest.mark.parametrize("position", [0, -3])
def test_a_row_before_the_first_entry_is_in_no_answer_and_is_named(whole: Path, copy: Path, position: int):
    attack(copy, ghost(position))
    says = f"#{position} of ghost is no entry: the first is #1, and what is before it is in no answer."
    assert says in found(copy)
    assert deal("verify", copy).exit_code == 3
    for words in ("deals", "share --csv", "export", "log"):
        assert deal(words, copy).stdout == deal(words, whole).stdout, words
    assert [deal(words, copy).exit_code in (1, 2, 4) for words in ASKED] == [True] * len(ASKED)
    assert json.loads(deal("replay --json", copy).stdout) == json.loads(deal("replay --json", whole).stdout)


def test_a_deal_without_a_first_entry_is_in_every_view_and_is_named(copy: Path):
    attack(copy, ghost(LAST + 1, version=7))
    assert f"#{LAST + 1} is entry 7 of ghost, where entry 1 should be: one is missing or moved." in found(copy)
    with Ledger(str(copy), "read") as ledger:
        assert "ghost" in ledger.entries.deals()
        assert {row[3] for row in ledger.entries.all_rows()} == set(ledger.entries.deals())
    assert deal("show ghost --on 2026-01-01", copy).exit_code == 0
    replayed = json.loads(deal("replay --json", copy).stdout)
    assert replayed["entries"] == LAST + 1
    assert not replayed["sound"]


def test_a_gap_that_nobody_could_count_through_is_named_at_once(copy: Path):
    far = 2**60 - 1
    attack(copy, ghost(far, name="acme-bolt", version=99))
    assert f"#{LAST + 1} to #{far - 1} are missing: after #{LAST} comes #{far}." in found(copy)
    assert deal("share --csv", copy).exit_code == 0
    assert deal("share --csv --recorded 2026-01-05", copy).exit_code == 0
    refused = deal("affirm acme-bolt stands --dated 2026-01-05", copy)
    assert refused.exit_code == 3
    assert "The tree of the log cannot be read" in refused.stderr


# --- what runs by itself ----------------------------------------------------------------------------------

BY_ITSELF = {
    "trigger silent": "CREATE TRIGGER silent BEFORE INSERT ON entries BEGIN SELECT RAISE(IGNORE); END",
    "trigger again": "CREATE TRIGGER again AFTER INSERT ON checkpoints BEGIN DELETE FROM projections; END",
    "trigger of_answers": "CREATE TRIGGER of_answers BEFORE INSERT ON shares_1_claims BEGIN SELECT RAISE(IGNORE); END",
    "view seen": "CREATE VIEW seen AS SELECT * FROM entries",
    "table more": "CREATE TABLE more (what TEXT)",
    "index deal_only": "CREATE INDEX deal_only ON entries (deal) WHERE deal <> 'acme-bolt'",
}


@pytest.mark.parametrize("name", BY_ITSELF)
def test_what_is_not_the_ledgers_own_is_named(copy: Path, name: str):
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute(BY_ITSELF[name])
    kind, called = name.split()
    assert found(copy) == [
        f"The database has a {kind} '{called}' that is not the ledger's own: it may change what is answered."
    ]


def test_a_trigger_and_a_table_that_were_altered_are_named(copy: Path):
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute("DROP TRIGGER entries_never_update")
        connection.execute("CREATE TRIGGER entries_never_update BEFORE UPDATE ON entries BEGIN SELECT 1; END")
        connection.execute("PRAGMA writable_schema = ON")
        change = (
            "UPDATE sqlite_master SET sql = replace(sql, 'CHECK (position >= 1)', 'CHECK (1)') WHERE name = 'entries'"
        )
        connection.execute(change)
        connection.commit()
    assert found(copy) == [
        "The ledger's table entries is not as the ledger makes it: entries could have been changed.",
        "The database's guard entries_never_update is not as the ledger makes it: entries could have been changed.",
    ]


def test_statistics_of_the_database_are_nothing_strange(copy: Path):
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute("ANALYZE")
    assert found(copy) == []


# --- acknowledged is recorded -----------------------------------------------------------------------------

BEFORE, AFTER = "CREATE TRIGGER t BEFORE INSERT ON entries", "CREATE TRIGGER t AFTER INSERT ON entries"
SWALLOWS = {
    "ignored": f"{BEFORE} BEGIN SELECT RAISE(IGNORE); END",
    "every second": f"{BEFORE} WHEN NEW.position % 2 = 0 BEGIN SELECT RAISE(IGNORE); END",
    "taken out again": f"{AFTER} BEGIN DELETE FROM entries WHERE position = NEW.position; END",
    "changed": f"{AFTER} BEGIN UPDATE entries SET leaf = X'00' WHERE position = NEW.position; END",
}


@pytest.mark.parametrize("how", SWALLOWS)
def test_an_entry_that_the_database_swallows_is_not_acknowledged(copy: Path, how: str):
    before = deal("export", copy).stdout
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute("DROP TRIGGER entries_never_delete")
        connection.execute("DROP TRIGGER entries_never_update")
        connection.execute(SWALLOWS[how])
    done = [deal("affirm acme-bolt stands --dated 2026-01-05", copy) for _ in range(2)][-1]
    drafts = [Draft("acme-bolt", NothingChanged(dated=NOW.date(), statement=f"{n}")) for n in range(3)]
    with Ledger(str(copy)) as ledger, pytest.raises(NotRecorded):
        ledger.record(drafts, "somebody")
    assert deal("export", copy).stdout == before
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == (
        f"deal: #{LAST + 1} was not recorded: the database of {copy} took it, and does not have it. Something in it "
        "is not the ledger's own. See what with: deal verify\n"
    )


def test_an_entry_that_a_server_swallows_is_not_acknowledged(postgres: Server, tmp_path: Path):
    address = postgres.fresh()
    schema = address.rpartition("schema=")[2]
    assert CliRunner().invoke(main, ["copy", str(books(tmp_path / "deals.db")), address]).exit_code == 0
    swallow = f"CREATE FUNCTION {schema}.swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"
    trigger = (
        f"CREATE TRIGGER a_swallow BEFORE INSERT ON {schema}.entries FOR EACH ROW EXECUTE FUNCTION {schema}.swallow()"
    )
    postgres.sql(swallow, trigger)
    done = deal("affirm acme-bolt stands --dated 2026-01-05", address)
    assert done.exit_code == 1
    assert f"#{LAST + 1} was not recorded" in done.stderr
    assert [f"{kind} '{name}'" for kind, name in (("trigger", "a_swallow"), ("function", "swallow"))] == [
        text.split(" that is not")[0].removeprefix("The database has a ")
        for text in found(address)  # type: ignore[arg-type]
    ]


def test_what_a_database_says_that_nobody_foresaw_is_a_sentence(copy: Path):
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute("CREATE TRIGGER t BEFORE UPDATE ON projections BEGIN SELECT RAISE(ABORT, 'not today'); END")
    done = deal("verify --rebuild", copy)
    assert done.exit_code == 1
    assert done.stderr == (
        "deal: The database refused the command: not today. What was acknowledged is recorded, and nothing else. See "
        "whether the ledger is whole with: deal verify\n"
    )
