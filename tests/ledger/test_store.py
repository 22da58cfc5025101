"""The store: what it keeps, what it refuses, and what happens when the ground is taken away under it."""

from __future__ import annotations

import base64
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from threading import Barrier, Thread

import pytest
from eventsourcing.persistence import IntegrityError, StoredEvent

from ledger import application, place
from ledger.application import Ledger
from ledger.batch import Batch, Draft
from ledger.database import open_database
from ledger.entry import line
from ledger.errors import ConcurrentWrite, DiskFull, LedgerBusy, NotWritable, Refusal, Refusals
from ledger.events import Amended, DealOpened, Right
from ledger.mapper import state_of, text_of
from ledger.store import EntryRecorder
from projections.point import Point
from projections.portfolio import portfolio
from projections.state import state
from projections.verification import Verification

ROOT = os.geteuid() == 0
HOUSE = Path(__file__).parents[2]
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
DAY = date(2024, 1, 15)


def opened(deal: str = "acme-bolt", key: str | None = None) -> Draft:
    return Draft(deal, DealOpened(dated=DAY, title=deal, parties=("Acme", "Bolt")), key)


def amended(text: str, deal: str = "acme-bolt", key: str | None = None) -> Draft:
    return Draft(deal, Amended(dated=DAY, clauses=(Right(start=DAY, holder="Acme", text=text),)), key)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that others may look into, unlike those that pytest makes."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def books(fresh: Callable[[], str]) -> Iterator[Ledger]:
    """A ledger on each database in turn."""
    with Ledger(fresh(), "create", clock=lambda: NOON) as ledger:
        yield ledger


@pytest.fixture
def ledger(folder: Path) -> Iterator[Ledger]:
    with Ledger(str(folder / "deals.db"), "create", clock=lambda: NOON) as ledger:
        yield ledger


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as refused:
        call()
    return str(refused.value)


# --- positions and instants -------------------------------------------------------------------------------


def test_positions_are_dense_and_never_reused(books):
    books.record([opened()], "")
    books.record([opened("two"), amended("a"), amended("b", "two")], "")
    with pytest.raises(IntegrityError):  # a version that is taken, in the middle of a batch
        books.entries.insert_events([StoredEvent("x", 1, "E", b"{}"), StoredEvent("acme-bolt", 1, "E", b"{}")])
    books.record([amended("c")], "")
    assert [row[0] for row in books.entries.all_rows()] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        ([NOON, NOON + timedelta(hours=1)], ["12:00:00.000000Z", "13:00:00.000000Z"]),
        ([NOON, NOON], ["12:00:00.000000Z", "12:00:00.000001Z"]),
        ([NOON, NOON - timedelta(days=400)], ["12:00:00.000000Z", "12:00:00.000001Z"]),
        ([NOON, NOON + timedelta(days=0, microseconds=1)], ["12:00:00.000000Z", "12:00:00.000001Z"]),
    ],
    ids=["forward", "standing still", "a year back", "by one microsecond"],
)
def test_instants_never_go_back(clock, expected, fresh):
    db = open_database(fresh(), "create")
    for version, now in enumerate(clock, 1):
        EntryRecorder(db, lambda now=now: now).insert_events([StoredEvent("a", version, "E", b"{}")])
    assert [row[1].removeprefix("2026-01-01T") for row in EntryRecorder(db).all_rows()] == expected
    db.close()


def test_a_clock_far_ahead_is_followed_and_then_waited_for(fresh):
    db = open_database(fresh(), "create")
    for version, now in enumerate([datetime(2999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC), NOON, NOON], 1):
        EntryRecorder(db, lambda now=now: now).insert_events([StoredEvent("a", version, "E", b"{}")])
    assert [row[1] for row in EntryRecorder(db).all_rows()] == [
        "2999-12-31T23:59:59.999999Z",
        "3000-01-01T00:00:00.000000Z",
        "3000-01-01T00:00:00.000001Z",
    ]
    db.close()


def test_a_batch_has_an_instant_each_in_order(books):
    books.record([opened(), amended("a"), amended("b")], "")
    assert [row[1][-7:] for row in books.entries.all_rows()] == ["000000Z", "000001Z", "000002Z"]


def test_the_clock_of_another_zone_is_recorded_in_utc(folder):
    from datetime import timezone

    tokyo = datetime(2026, 1, 1, 3, tzinfo=timezone(timedelta(hours=9)))
    with Ledger(str(folder / "deals.db"), "create", clock=lambda: tokyo) as ledger:
        ledger.record([opened()], "")
        assert ledger.entries.at(1).recorded_at == "2025-12-31T18:00:00.000000Z"


# --- lines and leaves -------------------------------------------------------------------------------------


def test_a_line_is_the_columns_joined_and_its_hash_the_leaf(folder, ledger):
    ledger.record([opened("acme-bolt", 'k"1'), amended('東雲 \\ " 𝄞')], 'Émile "É"')
    raw = sqlite3.connect(folder / "deals.db").execute("SELECT * FROM entries ORDER BY position").fetchall()
    for row in raw:
        position, at, by, deal, version, event, schema, key, data, leaf, _nodes = row
        joined = "".join([
            f'{{"position":{position},"recorded_at":{quoted(at)},"recorded_by":{quoted(by)},"deal":{quoted(deal)},',
            f'"version":{version},"event":{quoted(event)},"schema":{schema},"key":{quoted(key)},"data":{data}}}',
        ]).encode()  # fmt: skip
        assert line(row[:9]) == joined
        assert leaf == sha256(b"\0" + joined).digest()
        assert json.loads(joined)["data"] == json.loads(data)


def quoted(text: str | None) -> str:
    return json.dumps(text, ensure_ascii=False)


@pytest.mark.parametrize(
    ("state", "verbatim"),
    [
        (b"{}", True),
        (b'{"b":1,"a":2}', True),
        (b'{ "a" : 1.10 , "a" : "\\u00e9" }', True),
        ('{"é":"東"}'.encode(), True),
        (b'{"a":1}\n', False),
        (b'{"a":\r1}', False),
        (b"[1]", False),
        (b'"text"', False),
        (b"{", False),
        (b'{"a":1}{', False),
        (b'{"a":"\xff"}', False),
        (b"", False),
        (bytes(range(256)), False),
    ],
)
def test_json_is_kept_as_it_came_and_anything_else_as_base64(state, verbatim, fresh):
    stored = state.decode() if verbatim else f'"{base64.b64encode(state).decode()}"'
    assert text_of(state) == stored
    assert state_of(stored) == state
    db = open_database(fresh(), "create")
    recorder = EntryRecorder(db)
    recorder.insert_events([StoredEvent("a", 1, "E", state)])
    assert recorder.select_events("a")[0].state == state
    json.loads(line(next(recorder.all_rows())))
    db.close()


# --- what is written stays --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET data = '{}' WHERE position = 1",
        "UPDATE entries SET leaf = x'00'",
        "DELETE FROM entries WHERE position = 2",
        "DELETE FROM entries",
        "INSERT OR REPLACE INTO entries SELECT * FROM entries WHERE position = 1",
        "REPLACE INTO entries SELECT position, recorded_at, 'Mallory', deal, version, event, schema, key, data, leaf, "
        "nodes FROM entries WHERE position = 2",
        "UPDATE ledger SET format = 2",
        "DELETE FROM ledger",
    ],
)
def test_the_database_itself_refuses_to_change_an_entry(statement, folder, ledger):
    ledger.record([opened(), amended("a")], "")
    before = list(ledger.entries.all_rows())
    connection = sqlite3.connect(folder / "deals.db")
    with pytest.raises(sqlite3.IntegrityError, match="entries of a ledger are never changed or deleted"):
        connection.execute(statement)
    connection.close()
    assert list(ledger.entries.all_rows()) == before


def test_a_batch_is_all_or_nothing(books):
    books.record([opened(key="k")], "")
    taken = [StoredEvent("b", 1, "E", b"{}"), StoredEvent("b", 2, "E", b"{}"), StoredEvent("b", 3, "E", b"{}")]
    with pytest.raises(IntegrityError):
        books.entries.insert_events(taken, keys=["x", "y", "k"])
    assert [row[3] for row in books.entries.all_rows()] == ["acme-bolt"]


def test_an_acknowledged_entry_survives_a_kill(folder):
    script = (
        "import os, sys; from datetime import date; from ledger.application import *; from ledger.events import *\n"
        "ledger = Ledger(sys.argv[1], 'create')\n"
        "ledger.record([Draft('a', DealOpened(dated=date(2024, 1, 1), title='a', parties=('A',)))], 'me')\n"
        "os.kill(os.getpid(), 9)"
    )
    path = folder / "deals.db"
    subprocess.run([sys.executable, "-c", script, path], cwd=HOUSE, check=False)
    with Ledger(str(path), "read") as ledger:
        assert ledger.entries.at(1).deal == "a"


# --- two at once ------------------------------------------------------------------------------------------


def test_who_comes_second_with_the_same_version_is_told_so(books):
    books.record([opened()], "")
    with Ledger(books.database.address) as other:

        def meanwhile(_batch: object) -> None:
            other.record([amended("theirs")], "Theo")

        with pytest.raises(ConcurrentWrite) as refused:
            books.record([opened("new"), amended("ours")], "Dana", approve=meanwhile)
    assert refused.value.exit_code == 5
    assert str(refused.value) == (
        "Somebody else recorded something about acme-bolt and new in the meantime; nothing of this was recorded. "
        "Look at it with deal log, then repeat the command."
    )
    assert [entry.recorded_by for entry in books.entries.entries_of("acme-bolt")] == ["", "Theo"]
    assert not books.entries.entries_of("new")


def test_who_comes_second_and_need_not_look_comes_after_the_first(books):
    books.record([opened()], "")
    seen: list[list[str]] = []
    with Ledger(books.database.address) as other:

        def meanwhile(_batch: object) -> None:
            other.record([amended("theirs", key="k")], "Theo")

        def again(batch: Batch) -> None:
            seen.append([f"{told.entry.version} {told.already}" for told in batch.told])
            with pytest.raises(LedgerBusy):  # it is our turn
                impatient(other, amended("late"))

        drafts = [opened("new"), amended("ours"), amended("theirs", key="k")]
        told = books.record(drafts, "Dana", approve=meanwhile, again=again)
    assert seen == [["1 False", "3 False", "2 True"]]  # the same key twice at once is recorded once
    assert [one.entry.position for one in told] == [3, 4, 2]
    assert [entry.recorded_by for entry in books.entries.entries_of("acme-bolt")] == ["", "Theo", "Dana"]
    assert list(Verification(books).differences()) == []


def test_what_cannot_stand_after_the_first_leaves_nothing_behind(books):
    books.record([opened()], "")
    with Ledger(books.database.address) as other:

        def meanwhile(_batch: object) -> None:
            other.record([opened("new")], "Theo")

        with pytest.raises(Refusals, match="new"):
            books.record([amended("ours"), opened("new")], "Dana", approve=meanwhile, again=lambda batch: None)
    assert [entry.recorded_by for entry in books.entries.entries_of("acme-bolt")] == [""]


def test_many_drafts_are_not_told_again_while_everybody_waits(books, monkeypatch):
    monkeypatch.setattr(application, "AGAIN_UP_TO", 1)
    books.record([opened()], "")
    with Ledger(books.database.address) as other:
        drafts = [amended("ours"), amended("ours too")]
        with pytest.raises(ConcurrentWrite):
            books.record(drafts, "", lambda batch: other.record([amended("theirs")], ""), lambda batch: None)


def impatient(ledger: Ledger, draft: Draft) -> None:
    """Records without waiting for others."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(place, "LOCK_SECONDS", 0.2)
        with Ledger(ledger.database.address) as own:
            own.record([draft], "")


def at_once(write: Callable[[str], None]) -> None:
    """Eight writers, each with a name, in a thread of its own."""
    writers = [Thread(target=write, args=(f"w{n}",)) for n in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()


def test_of_many_writers_who_need_not_look_everybody_gets_in(books):
    books.record([opened()], "")
    start, told = Barrier(8), []

    def write(name: str) -> None:
        with Ledger(books.database.address) as own:
            start.wait()
            for number in range(5):
                [one] = own.record([amended(f"{name} {number}")], name, again=lambda batch: None)
                told.append(one.entry.position)

    at_once(write)
    assert sorted(told) == list(range(2, 42))


def test_of_many_writers_at_once_everybody_gets_in_or_is_told(books):
    books.record([opened()], "")
    start, told = Barrier(8), []

    def write(name: str) -> None:
        with Ledger(books.database.address) as own:
            start.wait()
            for number in range(5):
                try:
                    told.append(own.record([amended(f"{name} {number}")], name)[0].entry.position)
                except ConcurrentWrite:
                    told.append(None)

    at_once(write)
    accepted = sorted(position for position in told if position)
    assert len(told) == 40
    assert accepted == list(range(2, 2 + len(accepted)))
    assert books.entries.head() == 1 + len(accepted)


def test_a_writer_who_waits_too_long_is_told_so(folder, ledger, monkeypatch):
    ledger.record([opened()], "")
    monkeypatch.setattr(place, "LOCK_SECONDS", 0.2)
    holder = sqlite3.connect(folder / "deals.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with Ledger(ledger.database.address) as waiting, pytest.raises(LedgerBusy) as refused:
        waiting.record([amended("a")], "")
    assert refused.value.exit_code == 5
    assert str(refused.value) == (
        f"Somebody else has been writing to the ledger at {folder}/deals.db for 0.2 seconds; nothing was recorded. "
        "Repeat the command when that has ended."
    )
    holder.close()


def test_who_asks_is_answered_while_somebody_writes(folder, ledger, monkeypatch):
    ledger.record([opened(), amended("audit")], "")
    monkeypatch.setattr(place, "LOCK_SECONDS", 0.2)
    holder = sqlite3.connect(folder / "deals.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with Ledger(ledger.database.address, "read") as reader:
        assert asked(reader) == "audit"
    holder.close()


# --- what is no ledger ------------------------------------------------------------------------------------


def make(path: Path, kind: str) -> None:
    if kind == "empty":
        path.touch()
    elif kind == "text":
        path.write_text("payer,payee,share\nAcme,Bolt,20%\n")
    elif kind == "somebody else's":
        sqlite3.connect(path).execute("CREATE TABLE accounts (id)").connection.close()
    elif kind == "half a ledger":
        sqlite3.connect(path).execute("CREATE TABLE ledger (format INTEGER)").connection.close()
    elif kind == "folder":
        path.mkdir()


@pytest.mark.parametrize("mode", ["read", "write"])
@pytest.mark.parametrize("kind", ["empty", "text", "somebody else's", "half a ledger"])
def test_what_is_not_a_ledger_is_left_alone(kind, mode, folder):
    path = folder / "deals.db"
    make(path, kind)
    before = path.read_bytes()
    sentence = f"{path} is not a ledger. Name a ledger with --ledger, or make one: deal init --ledger FILE"
    assert refusal(lambda: Ledger(str(path), mode)) == sentence
    assert refusal(lambda: Ledger(str(path), "create")) == sentence
    assert path.read_bytes() == before
    assert [each.name for each in folder.iterdir()] == ["deals.db"]


def test_a_folder_is_not_a_ledger(folder):
    make(folder / "deals.db", "folder")
    assert refusal(lambda: Ledger(str(folder / "deals.db"))) == (
        f"{folder}/deals.db is not a ledger. Name a ledger with --ledger, or make one: deal init --ledger FILE"
    )


def test_a_newer_ledger_needs_a_newer_program(folder, ledger):
    path = folder / "deals.db"
    raw = sqlite3.connect(path)
    raw.executescript("DROP TRIGGER ledger_never_update; UPDATE ledger SET format = 2")
    raw.close()
    sentence = (
        f"The ledger at {path} has format 2, and this version of deal knows formats up to 1. "
        "Install a newer version of deal-ledger."
    )
    assert refusal(lambda: Ledger(str(path), "read")) == sentence
    assert refusal(lambda: Ledger(str(path), "write")) == sentence
    assert refusal(lambda: Ledger(str(path), "create")) == (
        f"There is a ledger at {path} already. Use it as it is, or name another place with --ledger."
    )


def test_where_nothing_is_there_is_no_ledger(folder):
    assert refusal(lambda: Ledger(f"{folder}/none.db")) == (
        f"There is no ledger at {folder}/none.db. Make one with: deal init --ledger {folder}/none.db; "
        "or name another with --ledger or DEAL_LEDGER."
    )
    assert refusal(lambda: Ledger(f"{folder}/none/deals.db", "create")) == (
        f"{folder}/none/deals.db cannot be opened or made: its folder is missing or may not be written. "
        "Make the folder, or name another place with --ledger."
    )
    assert not list(folder.iterdir())


@pytest.mark.parametrize("address", ["oracle://host/db", "sqlite://", "nonsense://x"])
def test_another_kind_of_database_is_refused(address):
    kind = address.split("://")[0]
    assert refusal(lambda: Ledger(address)) == (
        f"A ledger cannot lie in a '{kind}' database. Name a file, for example --ledger deals.db, or a "
        "PostgreSQL database: --ledger postgresql:///deals"
    )


@pytest.mark.parametrize("name", ["a b.db", "a?mode=memory.db", "a#b.db", "50%25.db", "東雲.db", "it's.db"])
def test_a_ledger_may_be_called_anything(name, folder):
    with Ledger(str(folder / name), "create") as ledger:
        ledger.record([opened()], "")
    assert name in {each.name for each in folder.iterdir()}
    with Ledger(str(folder / name), "read") as ledger:
        assert ledger.entries.head() == 1


def test_a_ledger_may_be_named_by_a_url(folder, ledger):
    ledger.record([opened()], "")
    with Ledger(f"sqlite:///{folder}/deals.db", "read") as reader:
        assert reader.entries.head() == 1


# --- who may only read ------------------------------------------------------------------------------------


def asked(ledger: Ledger) -> str:
    """What `show` and `share` answer, the projection being wherever it is."""
    point = Point(DAY, None, ledger.entries.head())
    rows = portfolio(ledger, point)["rows"]
    assert rows == []
    return state("acme-bolt", ledger.entries.entries_of("acme-bolt"), point).json()["clauses"][0]["text"]


def as_nobody(call: Callable[[], str]) -> str:
    """What the call answers, or refuses, to somebody without any rights on the files."""
    if not ROOT:
        return answered(call)
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        os.write(into, answered(call).encode())
        os._exit(0)
    os.close(into)
    os.waitpid(child, 0)
    with os.fdopen(out) as pipe:
        return pipe.read()


def answered(call: Callable[[], str]) -> str:
    try:
        return call()
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def ask(path: Path) -> str:
    with Ledger(str(path), "read") as ledger:
        return asked(ledger)


def write(path: Path) -> str:
    with Ledger(str(path), "write") as ledger:
        return str(ledger.record([amended("more")], "")[0].entry)


@pytest.mark.parametrize("projected", [0, 1, 2], ids=["never projected", "projection behind", "projection there"])
@pytest.mark.parametrize("open_elsewhere", [False, True], ids=["at rest", "open elsewhere"])
def test_a_reader_without_write_permission_can_ask_and_not_write(projected, open_elsewhere, folder):
    path = folder / "deals.db"
    holder = Ledger(str(path), "create")
    holder.record([opened(), amended("audit")], "")
    if projected:
        portfolio(holder, Point(DAY, None, projected))
    if not open_elsewhere:
        holder.close()
    for each in folder.iterdir():
        each.chmod(0o444)
    folder.chmod(0o555)
    assert as_nobody(lambda: ask(path)) == "audit"
    assert as_nobody(lambda: write(path)) == f"NotWritable: {NotWritable(str(path))}"
    folder.chmod(0o755)
    holder.close()


def test_not_writable_says_what_to_do():
    assert str(NotWritable("deals.db")) == (
        "The ledger at deals.db cannot be written: you may only read it. Ask for write permission on the file and its "
        "folder, or work on a copy; questions can be asked as it is."
    )


def test_nobody_makes_a_ledger_in_a_folder_that_is_read_only(folder):
    folder.chmod(0o555)
    assert as_nobody(lambda: str(Ledger(f"{folder}/deals.db", "create"))) == (
        f"CannotOpen: {folder}/deals.db cannot be opened or made: its folder is missing or may not be written. "
        "Make the folder, or name another place with --ledger."
    )
    folder.chmod(0o755)


# --- a full disk ------------------------------------------------------------------------------------------

ON_A_FULL_DISK = """
import sys
from tests.ledger.test_store import amended, ask, opened
from ledger.application import Ledger
from ledger.errors import DiskFull
path = sys.argv[1] + "/deals.db"
with Ledger(path, "create") as ledger:
    ledger.record([opened(), amended("audit")], "")
    kept = 0
    try:
        for number in range(10_000):
            ledger.record([amended("x" * 500 + str(number))], "")
            kept += 1
    except DiskFull as refusal:
        print(refusal)
    print(ledger.entries.head() == kept + 2)
print(ask(path))
"""


@pytest.mark.skipif(not ROOT, reason="only root can make a disk so small")
def test_a_full_disk_is_said_and_everything_before_it_kept(folder):
    command = 'mount -t tmpfs -o size=400k none "$1" && exec "$2" -c "$3" "$1"'
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", command, "sh", folder, sys.executable, ON_A_FULL_DISK],
        cwd=HOUSE, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if "mount:" in done.stderr or "unshare:" in done.stderr:
        pytest.skip("nothing may be mounted here")
    assert (done.stdout, done.stderr) == (f"{DiskFull(f'{folder}/deals.db')}\nTrue\naudit\n", "")


def test_disk_full_says_what_to_do():
    assert str(DiskFull("deals.db")) == (
        "The disk of the ledger at deals.db is full or failing; nothing was recorded. Make room on it, then repeat "
        "the command."
    )
