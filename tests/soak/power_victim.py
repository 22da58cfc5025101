"""What the process does whose power is cut (tests.soak.power), and what it was told, written down at once."""

from __future__ import annotations

import json
import os
import random
import sys
from itertools import count
from pathlib import Path

from click.testing import CliRunner
from sqlalchemy import Pool, event

from cli.main import main as deal
from ledger import attachments, files
from ledger.application import Ledger
from projections.proof import make
from projections.shares import Shares
from tests.soak.clients import opening, saying, setting
from tests.soak.power import MARKS

DEALS = ("one", "two", "three")
PAPER_BYTES = 9_000


class Victim:
    """Writes to a ledger in a folder, in every way there is."""

    def __init__(self, root: Path, seed: int) -> None:
        self.root = root
        self.path = root / "deals.db"
        self.chance = random.Random(seed)
        self.numbers = count(1)
        self.marks = os.open(root / MARKS, os.O_WRONLY | os.O_CREAT)

    def told(self, keys: list[str], ledger: str = "deals.db") -> None:
        os.write(self.marks, json.dumps({"ledger": ledger, "keys": keys}).encode())

    def run(self, *words: str, ledger: Path) -> None:
        done = CliRunner().invoke(deal, [*words, "--ledger", str(ledger)], catch_exceptions=False)
        assert done.exit_code == 0, done.output

    def keys(self, some: int) -> list[str]:
        return [f"key-{next(self.numbers)}" for _ in range(some)]

    def append(self, ledger: Ledger, some: int) -> None:
        keys = self.keys(some)
        make_ = setting if self.chance.random() < 0.3 else saying
        ledger.record([make_(self.chance.choice(DEALS), key) for key in keys], "victim")
        self.told(keys)

    def attach(self) -> None:
        [key] = self.keys(1)
        paper = self.root.parent / "paper.bin"
        paper.write_bytes(self.chance.randbytes(PAPER_BYTES))
        words = ("affirm", "one", "It stands.", "--dated", "2024-02-01", "--source", "a", "--attach", str(paper))
        self.run(*words, "--key", key, ledger=self.path)
        self.told([key])

    def live(self) -> None:
        self.run("init", ledger=self.path)
        with Ledger(str(self.path)) as ledger:
            ledger.record([opening(name) for name in DEALS], "victim")
        self.told([])
        for number in range(4):
            with Ledger(str(self.path)) as ledger:
                for some in (1, 1, 7, 1):
                    self.append(ledger, some)
                Shares(ledger.entries).catch_up(ledger.entries.head())
                make(ledger, ledger.entries.head(), None, "victim")
                self.append(ledger, 40 * number + 1)
                Shares(ledger.entries).rebuild()
                if number % 2:
                    with ledger.database.engine.connect() as connection:
                        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                self.append(ledger, 2)
            self.attach()
            self.copy()

    def copy(self) -> None:
        bundle = self.root.parent / "audit.zip"
        self.run("bundle", "-o", str(bundle), ledger=self.path)
        self.run("import", str(bundle), ledger=self.root / "copy.db")
        with Ledger(str(self.root / "copy.db"), "read") as ledger:  # the bundle stands on the last checkpoint
            self.told([row[7] for row in ledger.entries.all_rows() if row[7]], "copy.db")


def careless() -> None:
    """Does not wait for the disk, neither SQLite nor files: what the judge has to find out."""
    files.os.fsync = attachments.os.fsync = lambda handle: None
    event.listen(Pool, "checkout", lambda connection, *_: connection.execute("PRAGMA synchronous = OFF"))


if __name__ == "__main__":
    if "careless" in sys.argv:
        careless()
    Victim(Path(sys.argv[1]), int(sys.argv[2])).live()
