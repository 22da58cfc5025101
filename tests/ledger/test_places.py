"""Where a ledger lies: by which name one comes to it, who may only read it, and what somebody killed left behind."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import main
from ledger import attachments, sqlite
from ledger.application import Ledger
from ledger.batch import Draft
from ledger.database import open_place
from ledger.errors import WrittenMeanwhile
from ledger.events import NothingChanged
from ledger.sqlite import File
from ledger.store import EntryRecorder
from tests.books import FORMS, NOW, books
from tests.soak.clients import ended, started

LAST = len(FORMS)
AFFIRM = ("affirm", "acme-bolt", "It stands.", "--dated", "2026-01-05")
AS_ROOT = os.geteuid() == 0


def deal(*words: str, ledger: Path) -> Result:
    return CliRunner().invoke(main, [*words, "--ledger", str(ledger)])


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    own = tmp_path / "own"
    own.mkdir()
    return books(own / "deals.db")


@pytest.fixture
def link(ledger: Path, tmp_path: Path) -> Path:
    other = tmp_path / "elsewhere"
    other.mkdir()
    (other / "link.db").symlink_to(ledger)
    return other / "link.db"


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """As somebody who may not write; root may always."""
    monkeypatch.setattr(sqlite, "_may_write", lambda path: False)


# --- by another name --------------------------------------------------------------------------------------


def test_a_reader_by_another_name_sees_what_is_not_in_the_file_yet(ledger: Path, link: Path, reader: None):
    with Ledger(str(ledger)) as writer:  # open, so that what it writes stays in the -wal
        writer.record([Draft("acme-bolt", NothingChanged(dated=NOW.date(), statement="new"))], "")
        assert Path(f"{ledger}-wal").stat().st_size
        with Ledger(str(link), "read") as other:
            assert other.entries.head() == LAST + 1


def test_files_lie_beside_the_ledger_itself_by_whatever_name_they_are_attached(ledger: Path, link: Path):
    paper = link.parent / "more.txt"
    paper.write_text("more")
    assert deal(*AFFIRM, "--source", "a", "--attach", str(paper), ledger=link).exit_code == 0
    assert [path.name for path in link.parent.iterdir() if "files" in path.name] == []
    assert deal("verify", ledger=ledger).exit_code == deal("verify", ledger=link).exit_code == 0


def test_files_that_an_earlier_version_put_beside_another_name_are_found_there(ledger: Path, link: Path):
    shutil.move(f"{ledger}.files", f"{link}.files")
    assert deal("verify", ledger=link).exit_code == 0
    assert deal("verify", ledger=ledger).exit_code == 3
    assert CliRunner().invoke(main, ["copy", str(link), str(ledger.parent / "copy.db")]).exit_code == 0
    assert deal("verify", ledger=ledger.parent / "copy.db").exit_code == 0


# --- who may only read ------------------------------------------------------------------------------------


def test_a_reader_who_stays_sees_what_is_recorded_later(ledger: Path, reader: None):
    with Ledger(str(ledger), "read") as watching:
        assert watching.entries.head() == LAST
        for more in range(1, 4):
            with Ledger(str(ledger)) as writer:
                writer.record([Draft("acme-bolt", NothingChanged(dated=NOW.date(), statement=f"{more}"))], "")
                assert watching.entries.head() == LAST + more  # in the -wal
            assert watching.entries.head() == LAST + more  # in the file


def test_a_watch_without_the_right_to_write_tells_what_is_recorded(ledger: Path, reader: None):
    def watch() -> None:
        done = CliRunner().invoke(main, ["watch", "--json", "--count", "2", "--ledger", str(ledger)])
        (ledger.parent / "told").write_text(done.stdout)

    watching = started(watch)
    time.sleep(1)
    for _ in range(2):
        with closing(sqlite3.connect(ledger)), Ledger(str(ledger)) as writer:
            writer.record([Draft("acme-bolt", NothingChanged(dated=NOW.date(), statement="x"))], "")
    assert ended(watching) == 0
    told = (ledger.parent / "told").read_text().splitlines()
    assert [line.split(",")[0] for line in told] == [f'{{"position":{LAST + 1}', f'{{"position":{LAST + 2}']


def test_what_was_read_while_somebody_wrote_is_not_answered(ledger: Path, reader: None):
    place = File(ledger, str(ledger))
    recorder = EntryRecorder(open_place(place, "read"))
    with pytest.raises(WrittenMeanwhile), recorder.database.reading(), Ledger(str(ledger)) as writer:
        writer.record([Draft("acme-bolt", NothingChanged(dated=NOW.date(), statement="x"))], "")
    recorder.database.close()


# --- who was killed ---------------------------------------------------------------------------------------

HANG = "import os, signal, sys; from pathlib import Path; sys.path[:0] = [{root!r}]; from ledger import files; {what}"


def killed_inside(what: str) -> None:
    """Runs this in a process of its own, which kills itself in the middle."""
    text = HANG.format(root=str(Path(__file__).parents[2]), what=what)
    assert subprocess.run([sys.executable, "-c", text], check=False).returncode == -signal.SIGKILL


def test_what_a_killed_init_left_behind_goes_with_the_next(tmp_path: Path):
    kill = "os.kill(os.getpid(), signal.SIGKILL)"
    killed_inside(f"c = files.draft_folder(Path({str(tmp_path)!r})); f = c.__enter__(); (f / 'a.db').touch(); {kill}")
    assert len(list(tmp_path.glob(".deal-*"))) == 1
    assert deal("init", ledger=tmp_path / "deals.db").exit_code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["deals.db"]


def test_what_somebody_makes_at_this_moment_is_left_alone(tmp_path: Path):
    other = tmp_path / ".deal-of-somebody"
    code = (
        "import fcntl, os, sys, time; fcntl.flock(os.open(sys.argv[1], os.O_RDONLY), fcntl.LOCK_EX); "
        "print('held', flush=True); time.sleep(60)"
    )
    other.mkdir()
    with subprocess.Popen([sys.executable, "-c", code, str(other)], stdout=subprocess.PIPE) as holding:
        assert holding.stdout
        holding.stdout.readline()
        assert deal("init", ledger=tmp_path / "deals.db").exit_code == 0
        assert other.is_dir()
        holding.kill()


def test_files_are_there_before_the_entries_that_name_them(ledger: Path, tmp_path: Path):
    """Whoever imports a bundle is killed when all is written but the commit; the next import takes up what is there."""
    bundle, target = tmp_path / "audit.zip", tmp_path / "copy.db"
    assert deal("bundle", "-o", str(bundle), ledger=ledger).exit_code == 0
    with Ledger(str(target), "create"):
        pass

    def kill_before_commit() -> None:
        with Ledger(str(target)) as there:
            there.database._commit = lambda connection: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[assignment,return-value]
            from ledger.importing import take

            take(there.database, bundle)

    assert ended(started(kill_before_commit)) == -signal.SIGKILL
    kept = sorted(path.name for path in Path(f"{target}.files").iterdir())
    assert kept == sorted(path.name for path in Path(f"{ledger}.files").iterdir())
    assert deal("verify", ledger=target).exit_code == 0
    assert deal("log", ledger=target).stdout == ""
    assert deal("import", str(bundle), ledger=target).exit_code == 0
    assert deal("verify", ledger=target).exit_code == 0


def test_a_kept_file_that_was_cut_off_is_written_anew(ledger: Path):
    [paper] = Path(f"{ledger}.files").iterdir()
    content = paper.read_bytes()
    paper.write_bytes(content[:3])
    with Ledger(str(ledger)) as there:
        attachments.store_bytes(there.database, paper.name, content)
    assert paper.read_bytes() == content


# --- where output goes ------------------------------------------------------------------------------------


def test_a_pipe_and_a_device_stay_what_they_are(ledger: Path, tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    there = ["pipe"]
    if AS_ROOT:
        try:
            os.mknod(tmp_path / "full", stat.S_IFCHR | 0o666, os.makedev(1, 7))  # as /dev/full is
            there.append("full")
        except OSError:
            pass  # not allowed here
    for name in there:
        before = (tmp_path / name).stat()
        done = deal("bundle", "-o", str(tmp_path / name), ledger=ledger)
        assert done.exit_code == 1
        assert done.stderr.startswith(f"deal: {tmp_path / name} is no ordinary file, and it stays as it is.")
        after = (tmp_path / name).stat()
        assert (after.st_mode, after.st_rdev) == (before.st_mode, before.st_rdev)


def test_a_link_that_a_bundle_goes_to_stays_one(ledger: Path, tmp_path: Path):
    (tmp_path / "real.zip").write_text("before")
    (tmp_path / "link.zip").symlink_to(tmp_path / "real.zip")
    assert deal("bundle", "-o", str(tmp_path / "link.zip"), ledger=ledger).exit_code == 0
    assert (tmp_path / "link.zip").is_symlink()
    assert (tmp_path / "real.zip").read_bytes()[:2] == b"PK"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.zip", "own", "real.zip"]
