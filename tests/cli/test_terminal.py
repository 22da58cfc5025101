"""What leaves the process: bytes to files and programs, styles and a pager on a terminal, and what cannot be written.

Every test runs real processes; those about a terminal give them a pseudo-terminal.
"""

from __future__ import annotations

import csv
import os
import pty
import select
import shlex
import signal
import subprocess
import sys
import termios
import time
from functools import cache
from pathlib import Path

import pytest

from cli.main import UNREAD

HOUSE = Path(__file__).parents[2]
DEAL = [sys.executable, "-c", "from cli.main import run; run()"]
ARABIC = "النور"
FORMULA = "=1+1"
FULL = "deal: The answer could not be written: No space left on device. Make room, or write it elsewhere; what the "
FULL += "command recorded stays recorded.\n"

# Of every kind of answer: text, a table, JSON, CSV, a document, help, a computation.
ANSWERS = [
    "--help", "share --help", "--version", "share", "share --csv", "show trade --json", "log", "log --csv",
    "log --json", "deals", "why trade s", "upcoming --on 2025-01-01 --within 4y",
    "diff trade --on 2025-01-01..2028-01-01",
    "balance trade", "settle 2025-Q1", "settle 2025-Q1 --csv", "statement", "statement 3", "statement 3 --html",
    "statement 3 --csv", "export", "checkpoint", "grants --ledger postgresql:///deals", "verify --json", "replay",
    "terms check '20% of revenue every quarter'", "quote '20% of revenue' --measure revenue=60m",
    "quote '20% of revenue' --measure revenue=60m --csv", "watch --from start --through #3",
]  # fmt: skip


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger whose party is written in Arabic, with a report and a statement, and a deal with long texts."""
    folder = tmp_path_factory.mktemp("told")
    for command in [
        "init",
        f"open trade --party {ARABIC} --party Bolt --dated 2025-01-01 --term 2025..2027 "
        f"--pays '{ARABIC} -> Bolt as s: 10% of revenue every quarter in USD' --note '{FORMULA}'",
        "report trade revenue=100 --period 2025-Q1 --currency USD --dated 2025-04-01",
        "settle 2025-Q1 --issue --dated 2025-05-01",
        *(f"affirm trade 'It stands, said for the time {n}.' --dated 2025-06-0{n}" for n in range(1, 10)),
    ]:
        done = run(command, folder)
        assert done.returncode == 0, done.stderr
    return folder


def environment(**extra: str) -> dict[str, str]:
    """The environment without what the tests are about."""
    ours = ("NO_COLOR", "FORCE_COLOR", "PAGER", "LESS", "TERM", "DEAL_DEBUG", "PYTHONIOENCODING", "PYTHONUTF8")
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return {**kept, "PYTHONPATH": str(HOUSE), "TERM": "xterm", **extra}


def run(
    command: str, folder: Path, stdout: int | None = subprocess.PIPE, **extra: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*DEAL, *shlex.split(command)], cwd=folder, env=environment(**extra), stdout=stdout, stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL, timeout=60,
    )  # fmt: skip


@cache
def usual(command: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    """What the command says where everything can be written."""
    return run(command, folder)


class Terminal:
    """A pseudo-terminal on which a command runs."""

    def __init__(self, command: str, folder: Path, rows: int = 50, columns: int = 200, **extra: str) -> None:
        self.ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (rows, columns))
        self.process = subprocess.Popen(
            [*DEAL, *shlex.split(command)], cwd=folder, env=environment(**extra), stdin=theirs, stdout=theirs,
            stderr=theirs, start_new_session=True,
        )  # fmt: skip
        os.close(theirs)
        self.shown = b""

    def read(self, until: bytes | None = None, seconds: int = 60) -> str:
        """What is shown until it shows `until`, or the process is gone."""
        end = time.monotonic() + seconds
        while (until is None or until not in self.shown) and time.monotonic() < end:
            if select.select([self.ours], [], [], 0.1)[0]:
                try:
                    self.shown += os.read(self.ours, 65536)
                except OSError:  # nobody has it open any more
                    break
        assert until is None or until in self.shown, self.shown
        return self.shown.decode().replace("\r\n", "\n")

    def type(self, text: bytes) -> None:
        os.write(self.ours, text)

    def end(self) -> int:
        try:
            self.read()
            return self.process.wait(60)
        finally:
            os.close(self.ours)


def on_terminal(command: str, folder: Path, **extra: str) -> tuple[int, str]:
    terminal = Terminal(command, folder, **extra)
    code = terminal.end()
    return code, terminal.shown.decode().replace("\r\n", "\n")


# --- files and programs -----------------------------------------------------------------------------------


@pytest.mark.parametrize("locale", [{"PYTHONIOENCODING": "cp1252"}, {"PYTHONIOENCODING": "ascii"},
                                    {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}])  # fmt: skip
@pytest.mark.parametrize("command", ["share", "share --csv", "log --json", "export", "statement 3 --html"])
def test_what_goes_to_a_program_is_utf_8_in_every_locale(command, locale, told):
    done = run(command, told, **locale)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == usual(command, told).stdout
    assert ARABIC in done.stdout.decode()


def test_a_refusal_that_goes_to_a_file_is_utf_8_in_every_locale(told):
    done = run(f"open other --party {ARABIC} --party {ARABIC}", told, PYTHONIOENCODING="cp1252")
    assert done.returncode != 0
    assert ARABIC in done.stderr.decode()


def test_a_terminal_without_the_letters_shows_their_code_points(told):
    code, shown = on_terminal("share", told, PYTHONIOENCODING="cp1252")
    assert code == 0
    assert "\\u0627\\u0644\\u0646\\u0648\\u0631" in shown


@pytest.mark.parametrize("command", ANSWERS)
def test_an_answer_that_cannot_be_written_is_a_sentence_and_exit_code_1(command, told):
    before = os.stat("/dev/full")
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        done = run(command, told, full)
    finally:
        os.close(full)
    if usual(command, told).stdout:
        assert done.returncode == 1
        assert done.stderr.decode().endswith(FULL)
    assert b"Traceback" not in done.stderr
    assert os.stat("/dev/full").st_rdev == before.st_rdev


def test_an_answer_for_which_no_stream_is_open_is_a_sentence(told):
    script = f"{shlex.join(DEAL)} share >&-"
    done = subprocess.run(["sh", "-c", script], cwd=told, env=environment(), capture_output=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr.startswith(b"deal: The answer could not be written: Bad file descriptor.")


def test_words_that_cannot_be_written_change_no_exit_code(told):
    script = f"{shlex.join(DEAL)} $@ 2>/dev/full"
    for command, code in [("share", 0), ("deals --ledger nowhere.db", 1), ("log nosuch", 4)]:
        done = subprocess.run(
            ["sh", "-c", script, "sh", *command.split()], cwd=told, env=environment(), capture_output=True, timeout=60
        )
        assert done.returncode == code, command


@pytest.mark.parametrize("command", [one for one in ANSWERS if not one.startswith("watch")])
def test_who_reads_only_the_beginning_is_told_nothing(command, told):
    """A pipe that is closed before anything is written, as after `| head`."""
    theirs, ours = os.pipe()
    os.close(theirs)
    try:
        done = run(command, told, ours)
    finally:
        os.close(ours)
    assert b"deal: " not in done.stderr
    assert b"Traceback" not in done.stderr
    assert b"Exception" not in done.stderr
    assert done.returncode == (UNREAD if usual(command, told).stdout else 0)


def test_a_fault_nobody_foresaw_is_one_sentence_and_a_traceback_only_where_it_is_asked_for(tmp_path):
    script = "import cli.main as m\ndef broken(*_): raise ValueError('no\\nsuch thing.')\nm.Deal.get_command = broken\n"
    call = [sys.executable, "-c", script + "m.run()", "deals"]
    done = subprocess.run(call, cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "deal: The command failed by a fault of its own (ValueError: no). Repeat it with DEAL_DEBUG=1 to see where, "
        "and report it.\n"
    )
    done = subprocess.run(
        call, cwd=tmp_path, env=environment(DEAL_DEBUG="1"), capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "such thing." in done.stderr


def test_a_file_that_may_not_be_used_is_named(told, tmp_path):
    (tmp_path / "folder").mkdir()
    done = run(f"export --ledger {tmp_path / 'folder'}", told)
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
    assert b"could not be written" not in done.stderr


# --- CSV --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "cell"),
    [
        ("quote --file sheet.txt --measure revenue=60m --csv", "'=1+1"),
        ("log --csv", "'=1+1"),
    ],
)  # fmt: skip
def test_no_csv_has_a_cell_that_a_spreadsheet_runs(command, cell, told):
    (told / "sheet.txt").write_text('"=1+1" -> Bolt: 20% of revenue every quarter\n')
    done = run(command, told)
    rows = list(csv.reader(done.stdout.decode().splitlines()))
    assert any(cell in row for row in rows), done
    assert not any(one.startswith("=") for row in rows for one in row)


# --- a terminal -------------------------------------------------------------------------------------------

BOLD, PLAIN = "\x1b[1m", "\x1b[0m"


def test_only_what_is_bold_carries_an_escape(told):
    code, shown = on_terminal("why trade s --on 2025-06-01", told)
    assert code == 0
    assert BOLD in shown
    assert "\x1b[22m" not in shown
    for text in shown.splitlines():
        assert text.count("\x1b") in (0, 2)
        assert not text.count("\x1b") or (text.startswith(BOLD) and text.endswith(PLAIN) and len(text) > 8)


@pytest.mark.parametrize("extra", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {"NO_COLOR": "1", "FORCE_COLOR": "1"}], ids=str)
@pytest.mark.parametrize("command", ["why trade s", "share", "statement 3", "log", "verify"])
def test_no_escape_reaches_a_terminal_that_wants_none(command, extra, told):
    code, shown = on_terminal(command, told, PAGER="cat", **extra)
    assert code == 0
    assert "\x1b[1m" not in shown
    assert "\x1b[0m" not in shown
    assert extra.get("TERM") != "dumb" or "\x1b" not in shown


def test_an_empty_no_color_asks_for_nothing(told):
    assert BOLD in on_terminal("share", told, NO_COLOR="")[1]


def test_styles_go_to_a_program_where_they_are_forced(told):
    assert BOLD in run("share", told, FORCE_COLOR="1").stdout.decode()
    assert BOLD not in run("share", told, FORCE_COLOR="0").stdout.decode()
    assert BOLD not in run("share", told).stdout.decode()
    assert b"\x1b" not in run("share --csv", told, FORCE_COLOR="1").stdout


def test_what_fits_on_the_screen_needs_no_pager(told):
    code, shown = on_terminal("log", told, rows=100, PAGER="false")
    assert code == 0
    assert "#12 trade" in shown


def test_what_is_longer_than_the_screen_goes_through_the_pager_as_it_would_be_shown(told):
    whole = on_terminal("log", told, rows=10, PAGER="cat")
    assert (
        on_terminal("log", told, rows=10, PAGER=f"{sys.executable} -c 'import sys; print(sys.stdin.read(), end=\"\")'")
        == whole
    )
    marked = on_terminal("log", told, rows=10, PAGER="sed 's/^/| /'")
    assert marked == (0, "".join(f"| {text}\n" for text in whole[1].splitlines()))


@pytest.mark.parametrize("pager", ["", "cat", "no-such-program-here", "'"])
def test_without_a_pager_everything_is_printed(pager, told):
    code, shown = on_terminal("log", told, rows=10, PAGER=pager)
    assert code == 0
    assert [f"#{n} trade" in shown for n in range(1, 13)] == [True] * 12


@pytest.mark.parametrize("command", ["log", "log --csv"])
def test_a_program_gets_the_answer_without_the_pager(command, told):
    assert run(command, told, PAGER="false").returncode == 0
    assert b"#12" in run("log", told, PAGER="false").stdout


def test_quitting_the_pager_early_is_no_failure(told):
    code, shown = on_terminal("log", told, rows=5, PAGER="head -n 1")
    assert (code, len(shown.splitlines())) == (0, 1)


def test_less_is_the_pager_where_none_is_named(told):
    terminal = Terminal("log", told, rows=10)
    terminal.read(until=b"#1 trade")
    assert terminal.process.poll() is None  # it waits for somebody to read on
    terminal.type(b"q")
    assert terminal.end() == 0
    assert b"#12 trade" not in terminal.shown


def test_ctrl_c_belongs_to_the_pager_while_it_runs(told):
    terminal = Terminal("log", told, rows=10)
    terminal.read(until=b"#1 trade")
    time.sleep(0.5)
    os.killpg(terminal.process.pid, signal.SIGINT)
    time.sleep(0.5)
    assert terminal.process.poll() is None
    terminal.type(b"q")
    assert terminal.end() in (0, 130)
    assert b"Traceback" not in terminal.shown


def test_what_is_for_the_person_comes_after_the_page(told):
    code, shown = on_terminal("quote '20% of revenue every month' --measure sales=1 --period 2025", told, rows=5,
                              PAGER="sed 's/^/| /'")  # fmt: skip
    assert code != 0
    *page, last = shown.splitlines()
    assert all(text.startswith("| ") for text in page[:12])
    assert last.startswith("deal: ")


def test_the_demo_is_told_without_stops(tmp_path):
    code, shown = on_terminal("demo", tmp_path, rows=5, PAGER="false")
    assert code == 0
    assert "deal --help" in shown
