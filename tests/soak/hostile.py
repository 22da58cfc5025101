"""Files from strangers: good ones with something changed in them, for as long as you like; none may do harm.

    python -m tests.soak.hostile --seconds 3600 --seed 1

A command that is given one ends with an exit code of its own, in time, without a traceback and without much memory; a
file that is refused has left nothing behind, and what was recorded can be verified, bundled and imported again.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ledger.application import Ledger
from ledger.exchange import draft_line, export_lines
from ledger.form import draft_of
from projections.assembled import check_py
from projections.bundle import write
from projections.proof import make
from tests.books import FORMS, books
from tests.soak.clients import ended, started
from tests.soak.kill import unsound
from tests.soak.report import Line, say

SECONDS, WAITING = 20, 120  # of computing that a command may take, and of waiting: the machine may be busy
MEMORY = 1 << 30
QUESTIONS = (
    ("verify",),
    ("log",),
    ("share", "--on", "2026-01-01"),
    ("deals", "--json"),
    ("show", "acme-bolt", "--on", "2026-01-01"),
    ("upcoming", "--on", "2025-01-01"),
    ("diff", "--recorded", "#0..#5"),
    ("replay", "--steps"),
)
ENDINGS = {0, 1, 2, 3, 4, 5}
PIECES = (
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b"\r\n", b"\x1b[31m", "\u202e".encode(), b"\\ud800", b"\\u0000",
    b"[" * 3000, b"{\"a\":" * 3000, b"9" * 5000, b"1e999999999", b"-0", b"nan", b"null", b"true", b"[]", b"{}", b"\"\"",
    b"=cmd()", b"../../../../etc/passwd", b"'''", b'"""', b"#", b"a.b" * 200, b"9999-12-31",
    b"0000-00-00", b"2024-02-30",    b"[[instrument]]\n", b"\n\n", b"%s%n{0}", "\U0001f600".encode(), b"\xc0\x80",
)  # fmt: skip


def changed(content: bytes, chance: random.Random) -> bytes:
    """A file with a few things changed in it: pieces put in, taken out, doubled, moved, turned."""
    said = bytearray(content)
    for _ in range(chance.choice((1, 1, 1, 2, 5, 20))):
        at, to = sorted(chance.randrange(len(said) + 1) for _ in range(2))
        to = min(to, at + chance.choice((1, 4, 40, 4000)))
        how = chance.randrange(6)
        if how == 0:
            said[at:at] = chance.choice(PIECES)
        elif how == 1:
            said[at:to] = b""
        elif how == 2:
            said[at:at] = said[at:to]
        elif how == 3:
            said[at:to] = chance.choice(PIECES)
        elif how == 4 and said:
            said[chance.randrange(len(said))] ^= 1 << chance.randrange(8)
        else:
            other = chance.randrange(len(said) + 1)
            said[other:other] = said[at:to]
    return bytes(said)


# --- what is good -----------------------------------------------------------------------------------------


TOML = """\
[[instrument]]
event = "open"
deal = "acme-bolt"
dated = 2024-01-15
term = "2024..2027"
party = ["Acme", "Bolt"]
pays = "Acme -> Bolt as share: tiers(revenue per year: 20% to 750m, 17.5% to 1.25bn, 10% above) every quarter"
right = "Bolt as audit: may audit the books once a year"
pool = "resellers: Cargo, Dune"
note = \"\"\"two
lines\"\"\"
[[instrument.source]]
title = "Master agreement"
published = 2024-01-16

[[instrument]]
event = "amend"
deal = "acme-bolt"
dated = 2025-03-10
from = "2025-04-01"
pays = "Acme -> Bolt as share: 18% of revenue every quarter"
key = "amendment"

[[instrument]]
event = "correct"
deal = "acme-bolt"
entry = "amendment"
reason = "a slip"
pays = "Acme -> Bolt as share: 17% of revenue every quarter"
"""


@dataclass
class Good:
    """Good files of every kind, made once."""

    folder: Path
    files: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        path = books(self.folder / "good.db")
        with Ledger(str(path)) as ledger:
            drafts = [draft_line(told.entry) for told in ledger.tell([draft_of(form) for form in FORMS[:2]]).told]
            self.files["record.toml"] = TOML.encode()
            self.files["record.jsonl"] = b"\n".join(drafts) + b"\n"
            self.files["import.jsonl"] = b"".join(line + b"\n" for line in export_lines(ledger.entries.all_rows()))
            bundle = self.folder / "good.zip"
            write(ledger, make(ledger, ledger.entries.head(), None, "good"), bundle)
        self.files["import.zip"] = self.files["check.zip"] = bundle.read_bytes()


def within(bundle: bytes, chance: random.Random, path: Path) -> None:
    """A bundle whose members are changed, and the zip around them is whole."""
    good = path.with_suffix(".good")
    good.write_bytes(bundle)
    with zipfile.ZipFile(good) as old, zipfile.ZipFile(path, "w") as new:
        names = old.namelist()
        which = chance.choice(names)
        for name in names:
            content = old.read(name)
            called = chance.choice(("../" + name, "/etc/" + name, name.upper(), name)) if name == which else name
            packed = zipfile.ZIP_DEFLATED if name == which and chance.random() < 0.2 else zipfile.ZIP_STORED
            new.writestr(called, changed(content, chance) if name == which else content, packed)
    good.unlink()


# --- one try ----------------------------------------------------------------------------------------------


@dataclass
class Tries:
    """What was tried, and what was wrong."""

    good: Good
    chance: random.Random
    tried: Counter[str] = field(default_factory=Counter)
    endings: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def one(self, number: int) -> None:
        kind = self.chance.choice(list(self.good.files))
        self.tried[kind] += 1
        folder = self.good.folder / "try"
        folder.mkdir(exist_ok=True)
        path, address = folder / kind, str(folder / "deals.db")
        if kind.endswith(".zip") and self.chance.random() < 0.7:
            within(self.good.files[kind], self.chance, path)
        else:
            path.write_bytes(changed(self.good.files[kind], self.chance))
        output = folder / "output"
        ask = _checking(path) if kind == "check.zip" else _asking(kind.partition(".")[0], path, address)
        code, seconds = _run(ask, output)
        self.endings[code] += 1
        said = output.read_bytes().decode("utf-8", "replace")
        if code not in ENDINGS or "Traceback" in said or _obeyed(said):
            self._wrong(number, kind, path, f"exit code {code} after {seconds:.1f} s: {said[-500:]!r}")
        elif kind != "check.zip" and (found := self._left(kind, code, address, folder)):
            self._wrong(number, kind, path, found)
        shutil.rmtree(folder)

    def _left(self, kind: str, code: int, address: str, folder: Path) -> str | None:
        """What is wrong with what was left behind."""
        with Ledger(address, "read") as ledger:
            count = ledger.entries.head()
        if code:
            return f"refused with {code}, and {count} entries are there" if count else None
        found = unsound(address)
        if kind.startswith("record") and found:
            return f"recorded, and not sound: {found[0]}"
        # Lines of a log that nobody vouches for are taken as they are, and verify names what is wrong with them.
        return next(filter(None, (_answered(words, address, folder) for words in QUESTIONS)), None)

    def _wrong(self, number: int, kind: str, path: Path, says: str) -> None:
        kept = Path(tempfile.mkdtemp(prefix="hostile-")) / kind
        shutil.copy(path, kept)
        self.wrong.append(f"try {number}: {kept}: {says}")
        print(f"!! {self.wrong[-1]}", flush=True)


def _asking(command: str, path: Path, address: str) -> Callable[[], None]:
    def ask() -> None:
        from cli.main import main

        with Ledger(address, "create"):
            pass
        main.main([command, str(path), "--ledger", address], prog_name="deal")

    return ask


def _answered(words: Sequence[str], address: str, folder: Path) -> str | None:
    """What is wrong with the answer to a question about what was taken."""

    def ask() -> None:
        from cli.main import main

        main.main([*words, "--ledger", address], prog_name="deal")

    output = folder / "answer"
    code, _ = _run(ask, output)
    said = output.read_bytes().decode("utf-8", "replace")
    output.unlink()
    bad = code not in ENDINGS or "Traceback" in said or _obeyed(said)
    return f"deal {' '.join(words)} ended with {code}: {said[-400:]!r}" if bad else None


def _checking(path: Path) -> Callable[[], None]:
    script = path.with_name("check.py")
    script.write_bytes(check_py())

    def ask() -> None:
        os.execv(sys.executable, [sys.executable, str(script), str(path)])

    return ask


def _run(ask: Callable[[], None], output: Path) -> tuple[int, float]:
    """Does it in a process of its own, which has so much memory and time; its exit code and how long it took."""

    def alone() -> None:
        handle = os.open(output, os.O_WRONLY | os.O_CREAT)
        os.dup2(handle, 1)
        os.dup2(handle, 2)
        limit = _mapped() + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        signal.alarm(WAITING)
        try:
            ask()
        except SystemExit as end:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(int(end.code or 0))

    start = time.monotonic()
    code = ended(started(alone))
    return code, time.monotonic() - start


def _mapped() -> int:
    """The bytes of addresses that this process has already: a fork has all that its parent had."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()


def _obeyed(said: str) -> bool:
    """Whether a terminal would have been told to do something by what was said."""
    return any(c in said for c in "\x1b\x00\x07\x9b\u202e")


# --- the soak ---------------------------------------------------------------------------------------------


def soak(folder: Path, seconds: float, seed: int, times: int | None = None) -> Line:
    """Tries for so long, or so often."""
    tries = Tries(Good(folder), random.Random(seed))
    until, number = time.monotonic() + seconds, 0
    while time.monotonic() < until if times is None else number < times:
        number += 1
        tries.one(number)
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(tries.tried.items()))
    taken = f"{tries.endings[0]} were harmless and taken"
    return Line(
        "hostile files", number, len(tries.wrong), "exit codes, verify, limits", f"{kinds}; {taken}; seed {seed}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak.hostile", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        say(soak(Path(folder), given.seconds, given.seed))


if __name__ == "__main__":
    main()
