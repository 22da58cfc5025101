"""Where words go: the encoding of an answer, colour on a terminal, and a pager for what is longer than it."""

from __future__ import annotations

import io
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

import click

AS_GIT = {"LESS": "FRX", "LV": "-c"}  # the pager's own settings, where it has none: as git sets them


def ready() -> None:
    """Set up this process's streams: what goes to a file or a program is UTF-8, whatever the locale says."""
    if sys.stdin is None:
        sys.stdin = open(os.devnull)  # noqa: SIM115 - it is open as long as the process runs
    if sys.stdout is None:
        # Closed by whoever started us. A descriptor that cannot be written to makes the loss of an answer an error.
        sys.stdout = open(os.open(os.devnull, os.O_RDONLY), "w", encoding="utf-8")  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # What a terminal has no letter for is shown as its code point.
            stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="backslashreplace")


def drop(stream: TextIO) -> None:
    """Forget what is left in the buffer of a stream that cannot be written: else it is tried again at the end."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def coloured() -> bool | None:
    """Whether text is styled: NO_COLOR, FORCE_COLOR and TERM=dumb decide; None: where it goes to a terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") != "0":
        return True
    return False if dumb() else None


def dumb() -> bool:
    """Whether the terminal obeys no escapes at all."""
    return os.environ.get("TERM") == "dumb"


class Paging:
    """What the command line hands its commands where a person called them: long answers may go to a pager."""


@contextmanager
def paged() -> Iterator[None]:
    """Send an answer that is longer than the terminal through $PAGER. Quitting it early ends the command well."""
    pager = _pager() if isinstance(click.get_current_context().obj, Paging) and sys.stdout.isatty() else []
    if not pager:
        yield
        return
    screen, before, errors = Screen(sys.stdout, pager), sys.stdout, sys.stderr
    sys.stdout = io.TextIOWrapper(io.BufferedWriter(screen), encoding=before.encoding, errors="backslashreplace")
    # What is for the person at the keyboard would stand in the middle of the pager's page: it comes after it.
    sys.stderr = told = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace")
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        if not screen.quit:
            raise
    finally:
        sys.stdout, sys.stderr = before, errors
        screen.end()
        told.seek(0)
        click.echo(told.read(), err=True, nl=False)


class Screen(io.RawIOBase):
    """A terminal that keeps what fits on it until the end, and hands what does not to a pager."""

    def __init__(self, terminal: TextIO, pager: list[str]) -> None:
        self._terminal = terminal
        self._command: list[str] = pager
        self._pager: subprocess.Popen[bytes] | None = None
        self._held = b""
        self._columns, self._lines = shutil.get_terminal_size()
        self.quit = False

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return True

    def write(self, text: Any) -> int:  # what a buffer hands over
        self._held += text
        if self._pager or (self._command and self._rows() >= self._lines):
            self._page()
        elif not self._command:
            self._release()
        return len(text)

    def end(self) -> None:
        """Print what was kept, or wait until the pager is left."""
        if not self._pager:
            self._release()
            return
        # Ctrl-C is the pager's own as long as it runs.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            with suppress(BrokenPipeError):
                self._pager.communicate()
        finally:
            signal.signal(signal.SIGINT, before)

    def _rows(self) -> int:
        """How many rows it takes at least; a byte is taken for a column."""
        return sum(max(1, -(-len(line) // max(1, self._columns))) for line in self._held.splitlines())

    def _page(self) -> None:
        if not self._pager:
            try:
                self._pager = subprocess.Popen(self._command, stdin=subprocess.PIPE, env=AS_GIT | os.environ)
            except OSError:  # there is no such program: then as if none was named
                self._command = []
                self._release()
                return
        assert self._pager.stdin
        try:
            self._pager.stdin.write(self._held)
            self._pager.stdin.flush()
        except BrokenPipeError:
            self.quit = True
            raise
        self._held = b""

    def _release(self) -> None:
        held, self._held = self._held, b""
        self._terminal.flush()
        self._terminal.buffer.write(held)
        self._terminal.flush()


def _pager() -> list[str]:
    """The words that start $PAGER, or `less`; none where there is none, or it is `cat`."""
    named = os.environ.get("PAGER")
    if named is None:
        named = "less" if not dumb() and shutil.which("less") else ""
    try:
        words = shlex.split(named)
    except ValueError:
        return []
    return [] if words == ["cat"] else words
