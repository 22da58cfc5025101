"""The store: the recorder and the mapper for the eventsourcing library, on the table of entries: bytes and names.

The store assigns position and recorded instant under the write lock: positions are dense, and an instant is
`max(now, last + 1 microsecond)`, so that instants never go back whatever the clock does. The state of an event
stands in the row verbatim where it is one line of JSON with an object; any other state (the library's recorders
take any bytes) stands there as a JSON string of its base64.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias, cast
from uuid import UUID

from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    EventStore,
    IntegrityError,
    Notification,
    StoredEvent,
    Subscription,
)
from sqlalchemy import (
    Select,
    and_,
    or_,
    select,
)

from ledger import outcome, statements, tree
from ledger.database import Database
from ledger.entry import Entry, Row, entry_of, leaf
from ledger.errors import OutcomeUnknown, ServerWentAway
from ledger.mapper import join_topic, split_topic, state_of, text_of
from ledger.statements import CHUNK
from ledger.tables import entries

Clock: TypeAlias = Callable[[], datetime]

MICROSECOND = timedelta(microseconds=1)
NO_LIMIT = 2**63 - 1  # a position after every other
NUMBERED = entries.c.position >= 1  # see ledger.statements


def utc_now() -> datetime:
    """The clock of the real world; handed in once, where a ledger is opened."""
    return datetime.now(UTC)


def instant_text(instant: datetime) -> str:
    """`2025-05-08T12:00:00.000001Z`: of one length, so that texts sort as instants do."""
    return _utc_text(instant.astimezone(UTC).replace(tzinfo=None))


def _utc_text(instant: datetime) -> str:
    return instant.isoformat(timespec="microseconds") + "Z"


class EntryAggregateRecorder(AggregateRecorder):
    """The library's aggregate recorder on the table of entries. `ids`: what originator ids are read back as."""

    def __init__(self, database: Database, clock: Clock = utc_now, ids: type[str] | type[UUID] = str) -> None:
        self.database = database
        self.clock = clock
        self.ids = ids

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        self._append(stored_events, **kwargs)
        return None

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        query = select(*statements.COLUMNS).where(entries.c.deal == str(originator_id), NUMBERED).limit(limit)
        query = query.order_by(entries.c.version.desc() if desc else entries.c.version)
        if gt is not None:
            query = query.where(entries.c.version > gt)
        if lte is not None:
            query = query.where(entries.c.version <= lte)
        return [StoredEvent(*self._stored(row)) for row in self.rows(query)]

    def rows(self, query: Select[Any]) -> list[Row]:
        """The rows of a query over the columns of entries."""
        with self.database.asking() as connection:
            return cast("list[Row]", list(connection.execute(query)))

    def _run(self, statement: Select[Any], *values: int | str) -> list[Row]:
        return self.database.answer(statement, values)

    def _append(
        self, stored_events: Sequence[StoredEvent], by: str = "", keys: Sequence[str | None] = (), **_: Any
    ) -> list[int]:
        """Appends all of them or none; returns their positions. Raises IntegrityError (version or key taken)."""
        made = stored_events, keys or [None] * len(stored_events)
        return self.append_made(lambda: made, by) if stored_events else []

    def append_made(self, make: Callable[[], tuple[Sequence[StoredEvent], Sequence[str | None]]], by: str) -> list[int]:
        """Appends what `make` answers, events and their keys, when our turn has come: until its end nobody else writes.

        Raises IntegrityError (version or key taken), and whatever `make` does: then nothing is appended.
        """
        rows: list[tuple[Any, ...]] = []
        try:
            with self.database.in_turn() as (connection, position, last):
                rows = self._rows(position, last, *make(), by)
                if not rows:
                    return []
                nodes = tree.nodes_of(connection, position, [row[-1] for row in rows])
                stored = [(*row, more) for row, more in zip(rows, nodes, strict=True)]
                try:
                    outcome.append(self.database, connection, stored)
                except self.database.integrity_errors as error:
                    raise IntegrityError(str(error)) from None
        except OutcomeUnknown:
            if not outcome.recorded(self.database, rows):
                raise ServerWentAway(self.database.address) from None
        return [row[0] for row in rows]

    def _rows(
        self, position: int, last: str, events: Sequence[StoredEvent], keys: Sequence[str | None], by: str
    ) -> list[tuple[Any, ...]]:
        instant = datetime.fromisoformat(last) if last else datetime.min.replace(tzinfo=UTC)
        instant = max(self.clock(), instant + MICROSECOND).astimezone(UTC).replace(tzinfo=None)
        rows = []
        for event, key in zip(events, keys, strict=True):
            position += 1
            name, schema = split_topic(event.topic)
            row = (
                position, _utc_text(instant), by, str(event.originator_id), event.originator_version,
                name, schema, key, text_of(event.state),
            )  # fmt: skip
            rows.append((*row, leaf(row)))
            instant += MICROSECOND
        return rows

    def _stored(self, row: Row) -> tuple[UUID | str, int, str, bytes]:
        return self.ids(row[3]), row[4], join_topic(row[5], row[6]), state_of(row[8])


class EntryRecorder(EntryAggregateRecorder, ApplicationRecorder):
    """The library's application recorder: notification ids are positions."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        return self._append(stored_events, **kwargs)

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        query = select(*statements.COLUMNS).where(NUMBERED).order_by(entries.c.position).limit(limit)
        if start is not None:
            first = start if inclusive_of_start else start + 1
            query = query.where(entries.c.position >= first)
        if stop is not None:
            query = query.where(entries.c.position <= stop)
        if topics:
            wanted = map(split_topic, topics)
            query = query.where(or_(*(and_(entries.c.event == e, entries.c.schema == s) for e, s in wanted)))
        return [Notification(*self._stored(row), id=row[0]) for row in self.rows(query)]

    def max_notification_id(self) -> int | None:
        return self.head() or None

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[ApplicationRecorder]:
        return PollingSubscription(self, gt, topics)

    # What the library's contract has no words for: entries with their positions.

    def head(self) -> int:
        """The position of the last entry; 0 in an empty ledger."""
        return max(0, int(self._run(statements.LAST)[0][0] or 0))

    def entries_of(self, deal: str, up_to: int | None = None) -> list[Entry]:
        """A deal's entries in order, those recorded by position `up_to`."""
        return list(map(entry_of, self._run(statements.OF_DEAL, deal, NO_LIMIT if up_to is None else up_to)))

    def acts_of(self, deal: str, up_to: int) -> list[Entry]:
        """A deal's entries in order; of those that are not about another entry, only that they are there."""
        return list(map(entry_of, self._run(statements.ACTS, deal, up_to)))

    def at(self, position: int) -> Entry | None:
        """The entry at a position."""
        rows = self._run(statements.AT, position)
        return entry_of(rows[0]) if rows else None

    def all_rows(self, after: int = 0, up_to: int | None = None) -> Iterator[Row]:
        """Every row after a position in order, a chunk at a time: memory stays flat."""
        last = self.head() if up_to is None else up_to
        while rows := self._run(statements.AFTER, max(0, after), last):
            yield from rows
            after = rows[-1][0]

    def rows_of(self, deal: str | None, events: Sequence[str], up_to: int) -> Iterator[Row]:
        """The rows of some events in order, of one deal or all, a chunk at a time."""
        query = select(*statements.COLUMNS).where(entries.c.event.in_(events), entries.c.position <= up_to)
        query = query.order_by(entries.c.position).limit(CHUNK)
        if deal is not None:
            query = query.where(entries.c.deal == deal)
        after = 0
        while rows := self.rows(query.where(entries.c.position > after)):
            yield from rows
            after = rows[-1][0]

    def position_of(self, deal: str, version: int) -> int:
        """The position of an entry by its deal and version."""
        with self.database.asking() as connection:
            query = select(entries.c.position).where(entries.c.deal == deal, entries.c.version == version, NUMBERED)
            return int(connection.scalars(query).one())

    def all_deals(self, up_to: int | None = None) -> Iterator[list[Row]]:
        """Every deal's rows in order, each row with its leaf hash behind; a deal at a time: memory stays flat."""
        last = self.head() if up_to is None else up_to
        for deal in self.deals():
            if rows := self._run(statements.CHECKED, deal, last):
                yield rows

    def with_keys(self, keys: Iterable[str]) -> dict[str, Entry]:
        """The entries that were recorded under these keys."""
        wanted, found = list(keys), {}
        for at in range(0, len(wanted), CHUNK):
            these = entries.c.key.in_(wanted[at : at + CHUNK])
            for row in self.rows(select(*statements.COLUMNS).where(these, NUMBERED)):
                found[cast("str", row[7])] = entry_of(row)
        return found

    def deals(self) -> list[str]:
        """The slug of every deal, in alphabetical order."""
        return [row[0] for row in self.database.answer(statements.DEALS, ())]

    def deals_between(self, after: int, up_to: int) -> list[str]:
        """The slug of every deal with an entry after a position, up to another."""
        with self.database.asking() as connection:
            there = entries.c.position > after, entries.c.position <= up_to
            return list(connection.scalars(select(entries.c.deal).where(*there).distinct()))

    def recorded_by(self, instant: datetime) -> int:
        """The position of the last entry recorded at or before an instant; 0 if there is none.

        Instants rise with positions, so that a binary search over positions finds it.
        """
        text = instant_text(instant)
        low, high = 0, self.head()
        with self.database.reading() as connection:
            while low < high:
                middle = (low + high + 1) // 2
                before = select(entries.c.recorded_at).where(entries.c.position <= middle, NUMBERED)
                at = connection.scalar(before.order_by(entries.c.position.desc()).limit(1)) or ""
                low, high = (middle, high) if at <= text else (low, middle - 1)
        return low


class PollingSubscription(Subscription[ApplicationRecorder]):
    """Yields entries as they are recorded, by asking again; the library's contract for `subscribe`."""

    INTERVAL_MILLISECONDS = 100
    _waiting: Sequence[Notification] = ()

    def __next__(self) -> Notification:
        while not self._has_been_stopped:
            if self._waiting:
                first, *self._waiting = self._waiting
                self._last_notification_id = first.id
                return first
            self._waiting = self._recorder.select_notifications(
                self._last_notification_id, 500, topics=self._topics, inclusive_of_start=False
            )
            if not self._waiting:
                time.sleep(self.INTERVAL_MILLISECONDS / 1000)
        raise StopIteration


class EntryStore(EventStore[str]):
    """The library's event store, whose events know their positions."""

    def get(self, originator_id: str, *, gt: int | None = None, lte: int | None = None, **_: Any) -> Iterator[Any]:
        recorder = cast("EntryRecorder", self.recorder)
        return (e for e in recorder.entries_of(originator_id) if (gt or 0) < e.version <= (lte or e.version))
