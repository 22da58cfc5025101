"""Following a ledger: every entry once, in order, from any position on, as it is recorded.

On a server its own word is waited for (NOTIFY), and the ledger is looked at now and then as well, should that word be
lost; in a file it is looked at often. A server that goes away is waited for, and followed on from the same position.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar

from ledger.entry import Row, leaf
from ledger.errors import (
    HistoryChanged,
    LedgerBusy,
    Refusal,
    ServerInterrupted,
    ServerUnreachable,
    ServerWentAway,
    TooManyConnections,
    WrittenMeanwhile,
)
from ledger.place import Listener
from ledger.store import EntryRecorder

T = TypeVar("T")

LOOK_MILLISECONDS = 200  # between looks, where nothing tells us
GONE_MILLISECONDS = 500  # between attempts to reach a server
PASSING = (ServerWentAway, ServerUnreachable, ServerInterrupted, TooManyConnections, LedgerBusy, WrittenMeanwhile)


class Watcher(Protocol):
    """Who follows."""

    def wanted(self) -> bool:
        """Whether to go on waiting."""

    def gone(self, why: Refusal) -> None:
        """The server went away; told once, until it is there again."""


class Following:
    """Follows from the entry after a position on; `after` is always the last one that was given out."""

    def __init__(self, entries: EntryRecorder, after: int, watcher: Watcher) -> None:
        self.entries = entries
        self.after = after
        self.watcher = watcher
        self._last: Row | None = None
        self._listener: Listener | None = None
        self._listening = False

    def told(self, tell: Callable[[Row], T]) -> Iterator[T]:
        """What is told of each entry; where telling fails because the server goes away, it is tried again.

        Ends when the watcher wants no more. Raises HistoryChanged where another server has another history.
        """
        reached = True
        while self.watcher.wanted():
            try:
                self._listen()
                for row in self.entries.all_rows(self.after):
                    text = tell(row)
                    self.after, self._last, reached = row[0], row, True
                    yield text
                self._wait()
            except PASSING as why:
                self._forget()
                if reached:
                    self.watcher.gone(why)
                reached = False
                time.sleep(GONE_MILLISECONDS / 1000)

    def close(self) -> None:
        self._forget()

    def _listen(self) -> None:
        """Before looking, so that nothing falls between the look and the wait."""
        if self._listening:
            return
        self._check()
        self._listener = self.entries.database.place.listener()
        self._listening = True

    def _check(self) -> None:
        """Whether the server that answers now has the history that was told: it may be another one."""
        if self._last is None:
            return
        for row in self.entries.all_rows(self.after - 1, self.after):
            if leaf(row) != leaf(self._last):
                raise HistoryChanged(self.after)

    def _wait(self) -> None:
        if self._listener:
            self._listener.wait()
        else:
            time.sleep(LOOK_MILLISECONDS / 1000)

    def _forget(self) -> None:
        if self._listener:
            self._listener.close()
        self._listener, self._listening = None, False
