"""Judges a recorded run of many clients against the log that it left: what was lost, doubled, reordered or half there.

In the manner of Jepsen's Elle, for one ordered log: clients say what they invoked and what they were answered, and
when; the log says what there is. Pure functions over values; nothing here opens a ledger.

An operation is `ok` (answered), `fail` (answered that nothing was done) or `info` (nobody knows: killed, cut off).
Instants of operations are readings of one clock that all clients share (CLOCK_MONOTONIC), in nanoseconds.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal, TypeAlias

Outcome: TypeAlias = Literal["ok", "fail", "info"]


@dataclass(frozen=True, slots=True)
class Seen:
    """An entry as somebody read it."""

    position: int
    deal: str
    version: int
    key: str
    instant: str = ""


@dataclass(frozen=True, slots=True)
class Append:
    """A batch that a client wanted recorded: a key each, all or none; `positions` as they were acknowledged."""

    client: str
    invoked: int
    ended: int | None  # None where nobody answered
    outcome: Outcome
    keys: tuple[str, ...]
    positions: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Read:
    """What a client saw of the log after a position, through the end; or, with a deal's name, of one deal.

    `fresh`: it asked the one who writes; a standby may be behind, and only owes a prefix.
    """

    client: str
    invoked: int
    ended: int
    seen: tuple[Seen, ...]
    after: int = 0
    deal: str | None = None
    fresh: bool = True


@dataclass(frozen=True)
class History:
    """A run: what was there before it, what clients did, and the log that there was in the end."""

    log: Sequence[Seen]
    appends: Sequence[Append]
    reads: Sequence[Read] = ()
    before: int = 0  # entries that nobody of the run recorded
    by_key: dict[str, list[int]] = field(init=False, repr=False)
    invoked: dict[str, int] = field(init=False, repr=False)  # when each key was first asked for, and not refused

    def __post_init__(self) -> None:
        found: dict[str, list[int]] = defaultdict(list)
        for entry in self.log:
            found[entry.key].append(entry.position)
        asked: dict[str, int] = {}
        for append in self.appends:
            if append.outcome != "fail":
                asked.update({key: min(append.invoked, asked.get(key, append.invoked)) for key in append.keys})
        object.__setattr__(self, "by_key", found)
        object.__setattr__(self, "invoked", asked)


def problems(history: History) -> list[str]:
    """Everything that is wrong with a run; an empty list where nothing is."""
    checks = (_order, _versions, _acknowledged, _once, _whole, _phantoms, _reads, _half_seen, _real_time, _stale)
    return [problem for check in checks for problem in check(history)]


# --- the log ----------------------------------------------------------------------------------------------


def _order(history: History) -> Iterator[str]:
    for number, entry in enumerate(history.log, 1):
        if entry.position != number:
            yield f"positions are not dense: #{entry.position} stands where #{number} should"
            return
    for one, other in pairwise(history.log):
        if other.instant <= one.instant:
            yield f"instants do not rise: #{other.position} at {other.instant}, #{one.position} at {one.instant}"


def _versions(history: History) -> Iterator[str]:
    last: Counter[str] = Counter()
    for entry in history.log:
        expected = last[entry.deal] + 1
        if entry.version != expected:
            yield f"#{entry.position} is entry {entry.version} of {entry.deal}, where entry {expected} should be"
        last[entry.deal] = entry.version


# --- what clients were told -------------------------------------------------------------------------------


def _acknowledged(history: History) -> Iterator[str]:
    for append in history.appends:
        for key, position in zip(append.keys, append.positions, strict=bool(append.positions)):
            there = history.by_key.get(key, [])
            if append.outcome == "ok" and not there:
                yield f"lost: {key} was acknowledged as #{position} and is not there"
            elif append.outcome == "ok" and position not in there:
                yield f"moved: {key} was acknowledged as #{position} and stands at #{there[0]}"


def _once(history: History) -> Iterator[str]:
    for key, there in history.by_key.items():
        if key and len(there) > 1:
            yield f"twice: {key} stands at {', '.join(f'#{position}' for position in there)}"


def _whole(history: History) -> Iterator[str]:
    """A batch is there as a whole, without anybody's entry between, or not at all; and not if it was refused."""
    kept = {key for append in history.appends if append.outcome != "fail" for key in append.keys}
    for append in history.appends:
        there = [position for key in append.keys for position in history.by_key.get(key, ())[:1]]
        if there and len(there) < len(append.keys):
            yield f"half a batch: {len(there)} of {len(append.keys)} entries of {append.keys[0]} are there"
        elif any(b != a + 1 for a, b in pairwise(there)) and append.outcome != "fail":
            yield f"torn: the batch of {append.keys[0]} stands at {there}"
        if append.outcome == "fail" and there and not kept.issuperset(append.keys):
            yield f"refused and recorded: {append.keys[0]} stands at #{there[0]}"


def _phantoms(history: History) -> Iterator[str]:
    invoked = {key for append in history.appends for key in append.keys}
    for entry in history.log[history.before :]:
        if entry.key not in invoked:
            yield f"nobody recorded {entry.key or 'an entry without a key'}, and it stands at #{entry.position}"


# --- what clients read ------------------------------------------------------------------------------------


def _reads(history: History) -> Iterator[str]:
    """Every read is a prefix of the final order (after where it began)."""
    deals: dict[str, list[Seen]] = defaultdict(list)
    for entry in history.log:
        deals[entry.deal].append(entry)
    for read in history.reads:
        whole: Sequence[Seen] = history.log[read.after :] if read.deal is None else deals[read.deal]
        if list(read.seen) != list(whole[: len(read.seen)]):
            of = read.deal or f"the log after #{read.after}"
            yield f"not a prefix: {read.client} read {of} otherwise than it is"


def _half_seen(history: History) -> Iterator[str]:
    """No read sees some entries of a batch and not the others (of those that it asked for)."""
    places = {entry.key: entry for entry in history.log}
    batch_of = {key: append for append in history.appends for key in append.keys if len(append.keys) > 1}
    for read in history.reads:
        if not read.seen:
            continue
        last = read.seen[-1]
        batch = batch_of.get(last.key)
        asked = [k for k in batch.keys if k in places and read.deal in (None, places[k].deal)] if batch else []
        if asked and places[asked[-1]].position > last.position:
            yield f"half seen: {read.client} saw the batch of {asked[0]} as far as #{last.position}"


# --- real time --------------------------------------------------------------------------------------------


def _real_time(history: History) -> Iterator[str]:
    """What was acknowledged before another was invoked has the lower position."""
    answered = sorted((a.ended, max(a.positions), a.keys[0]) for a in _answered(history.appends))
    ends, highest = [end for end, _, _ in answered], _running_highest(answered)
    for append in history.appends:
        there = [history.by_key[key][0] for key in append.keys if key in history.by_key]
        if append.outcome == "fail" or not there:
            continue
        earlier = bisect_left(ends, min(history.invoked[key] for key in append.keys))
        if earlier and highest[earlier - 1][0] > min(there):
            position, key = highest[earlier - 1]
            yield (
                f"out of order: {key} at #{position} was acknowledged before {append.keys[0]} was invoked, which "
                f"stands at #{min(there)}"
            )


def _stale(history: History) -> Iterator[str]:
    """A read sees what was acknowledged before it began, and nothing that was invoked after it ended."""
    answered = sorted((a.ended, max(a.positions), a.keys[0]) for a in _answered(history.appends))
    ends, highest = [end for end, _, _ in answered], _running_highest(answered)
    of_deal: dict[str, list[int]] = defaultdict(list)
    for entry in history.log:
        of_deal[entry.deal].append(entry.position)
    for read in history.reads:
        earlier = bisect_left(ends, read.invoked)
        if read.fresh and earlier:
            owed, key = highest[earlier - 1]
            last = read.seen[-1].position if read.seen else read.after
            if read.deal is not None:  # of the deal's own entries, the last one that was owed
                own = of_deal[read.deal][: bisect_left(of_deal[read.deal], owed + 1)]
                owed = own[-1] if own else 0
            if last < owed:
                yield f"stale: {read.client} saw the log as far as #{last} when {key} at #{owed} was acknowledged"
        for seen in read.seen[-1:]:
            if history.invoked.get(seen.key, 0) > read.ended:
                yield f"from the future: {read.client} saw {seen.key} before anybody invoked it"


def _answered(appends: Iterable[Append]) -> Iterator[Append]:
    return (a for a in appends if a.outcome == "ok" and a.ended is not None and a.positions)


def _running_highest(answered: Sequence[tuple[int | None, int, str]]) -> list[tuple[int, str]]:
    """After each answer, the highest position acknowledged so far, and the key there."""
    highest: list[tuple[int, str]] = []
    for _, position, key in answered:
        before = highest[-1] if highest else (0, "")
        highest.append(max(before, (position, key)))
    return highest
