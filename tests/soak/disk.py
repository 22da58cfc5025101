"""A disk that is full: what was acknowledged is there, what was refused is not, and with room again it goes on.

    python -m tests.soak.disk --rounds 20

The disk is a small tmpfs, which only root may mount; where that is not allowed, it is not run, and says so.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from click.testing import CliRunner

from cli.main import main as deal
from ledger.application import Ledger
from ledger.batch import Draft
from ledger.errors import Refusal
from ledger.events import NothingChanged
from tests.history_checker import problems
from tests.postgres import Server
from tests.soak.clients import DAY, Notes, history_of, log_of, prepared, record
from tests.soak.kill import unsound
from tests.soak.report import Line, say

NOTE = 20_000  # characters of an entry, so that a disk is full soon
DEALS = ("one", "two")


class NotMounted(Exception):
    """Whoever runs this may not mount a disk."""


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A disk of this size, with a third of it taken by a file called `ballast`; raises NotMounted."""
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "tmpfs", folder], check=False)
    if done.returncode:
        raise NotMounted
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(folder: Path, leave: int) -> Path:
    """Takes all room but so many bytes."""
    disk = os.statvfs(folder)
    ballast = folder / "ballast"
    with ballast.open("ab") as file:
        for _ in range((disk.f_bavail * disk.f_frsize - leave) // 65_536):
            file.write(bytes(65_536))
    return ballast


def written_until_refused(address: str, notes: Notes) -> int:
    """Writes until the disk is full; how many entries that were."""
    count = 0
    with Ledger(address) as ledger:
        while True:
            count += 1
            key = f"{notes.client}.{notes.count}"
            text = random.Random(key).randbytes(NOTE // 2).hex()  # that no database packs tight
            said = NothingChanged(dated=DAY, statement=f"{key} {text}")
            if record(ledger, notes, [Draft(DEALS[count % 2], said, key)]) != "ok":
                return count


def files(folder: Path, rounds: int) -> Line:
    """SQLite on a small disk: full, and with room again, and full again."""
    found: list[str] = []
    notes_folder = folder / "notes"
    notes_folder.mkdir()
    entries = 0
    with small_disk(folder / "disk", "8m") as disk:
        address = str(disk / "deals.db")
        prepared(address, DEALS)
        for number in range(rounds):
            ballast = fill(disk, leave=400_000)
            try:
                entries += written_until_refused(address, Notes(notes_folder / f"round-{number}.notes"))
            except Exception as error:
                found.append(f"writing on a full disk raised {error!r}")
            found += _while_full(disk, address)
            ballast.unlink()
            found += _judged(notes_folder, address)
            if found or os.statvfs(disk).f_bavail < 300:
                break
    for problem in found[:20]:
        print(f"!! disk: {problem}", flush=True)
    return Line(
        "disk full, SQLite", number + 1, len(found), "history checker, deal verify", f"{entries:,} entries tried"
    )


def _while_full(disk: Path, address: str) -> list[str]:
    """What is asked of a ledger on a full disk is answered; what writes is refused, and leaves nothing behind."""
    found = []
    for words in (("log",), ("deals",), ("share", "--csv"), ("verify",), ("show", "one")):
        done = CliRunner().invoke(deal, [*words, "--ledger", address])
        if done.exit_code:
            found.append(f"on a full disk deal {' '.join(words)} ended with {done.exit_code}: {done.output[-300:]}")
    fill(disk, leave=0)
    before = {path.name for path in disk.rglob("*")}
    paper = disk.parent / "paper.pdf"
    paper.write_bytes(bytes(100_000))
    writes: tuple[tuple[str, ...], ...] = (
        ("bundle", "-o", str(disk / "audit.zip"), "--ledger", address),
        ("affirm", "one", "x" * 90_000, "--dated", "2024-02-01", "--attach", str(paper), "--source", "a",
         "--ledger", address),
        ("init", "--ledger", str(disk / "another.db")),
    )  # fmt: skip
    for words in writes:
        done = CliRunner().invoke(deal, list(words))
        if done.exit_code != 1 or not done.output.startswith("deal: ") or done.exception is None:
            found.append(
                f"on a full disk deal {words[0]} ended with {done.exit_code}: {done.output} {done.exception!r}"
            )
        elif not isinstance(done.exception, SystemExit):
            found.append(f"on a full disk deal {words[0]} raised {done.exception!r}")
    left = {path.name for path in disk.rglob("*")} - before - {"deals.db.files", "deals.db-wal", "deals.db-shm"}
    return found + [f"left behind on a full disk: {name}" for name in sorted(left)]


def _judged(notes: Path, address: str) -> list[str]:
    history, wrong = history_of(notes, log_of(address), len(DEALS))
    return wrong + problems(history) + unsound(address)


def server(folder: Path, rounds: int) -> Line:
    """PostgreSQL with its data on a small disk: it may stop, and is started again when there is room."""
    found: list[str] = []
    notes_folder = folder / "notes-of-server"
    notes_folder.mkdir()
    entries = 0
    with small_disk(folder / "disk-of-server", "200m") as disk:
        before, tempfile.tempdir = tempfile.tempdir, str(disk)
        own = Server(
            {"fsync": "on", "max_wal_size": "32MB", "min_wal_size": "32MB", "restart_after_crash": "on"}
        ).make()
        tempfile.tempdir = before
        address = own.start().fresh()
        prepared(address, DEALS)
        for number in range(rounds):
            ballast = fill(disk, leave=2_000_000)
            with suppress(Refusal):  # the server was gone when the ledger was opened
                entries += written_until_refused(address, Notes(notes_folder / f"round-{number}.notes"))
            ballast.unlink()
            own.restart()
            found += _judged(notes_folder, address)
            if found:
                break
        own.throw_away()
    for problem in found[:20]:
        print(f"!! disk of the server: {problem}", flush=True)
    return Line(
        "disk full, PostgreSQL", number + 1, len(found), "history checker, deal verify", f"{entries:,} entries tried"
    )


def soaks(folder: Path, rounds: int) -> Iterator[Line]:
    for fault, how in (("disk full, SQLite", files), ("disk full, PostgreSQL", server)):
        try:
            yield how(folder, rounds)
        except NotMounted:
            yield Line(fault, 0, 0, "NOT RUN", "only root may mount the small disk that it takes")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak.disk", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=20)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        for line in soaks(Path(folder), given.rounds):
            say(line)


if __name__ == "__main__":
    main()
