"""The history checker finds nothing where nothing is wrong, and every way in which a history can be wrong."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from tests.history_checker import Append, History, Read, Seen, problems

DEALS = ("one", "two", "three")


def simulated(seed: int, operations: int = 200) -> History:
    """What four clients of a ledger that makes no mistakes record: an operation takes effect while it is invoked."""
    chance = random.Random(seed)
    log: list[Seen] = []
    versions: Counter[str] = Counter()
    appends: list[Append] = []
    reads: list[Read] = []
    free_from = dict.fromkeys("ABCD", 0)
    for number in range(operations):
        now = number * 10
        client = chance.choice([c for c in free_from if free_from[c] <= now] or ["A"])
        invoked, ended = max(free_from[client], now - chance.randrange(10)), now + 1 + chance.randrange(25)
        free_from[client] = ended
        if chance.random() < 0.6:
            keys = tuple(f"{client}{number}.{n}" for n in range(chance.choice((1, 1, 1, 4))))
            outcome = chance.choice(("ok", "ok", "ok", "fail", "info"))
            done = outcome == "ok" or (outcome == "info" and chance.random() < 0.5)
            positions = tuple(range(len(log) + 1, len(log) + 1 + len(keys)))
            if done:
                for position, key in zip(positions, keys, strict=True):
                    deal = chance.choice(DEALS)
                    versions[deal] += 1
                    log.append(Seen(position, deal, versions[deal], key, f"2026-01-01T{position:06}Z"))
            answered = positions if outcome == "ok" else ()
            appends.append(Append(client, invoked, None if outcome == "info" else ended, outcome, keys, answered))
        elif chance.random() < 0.5:
            after = chance.randrange(len(log) + 1)
            reads.append(Read(client, invoked, ended, tuple(log[after:]), after))
        else:
            deal = chance.choice(DEALS)
            reads.append(Read(client, invoked, ended, tuple(e for e in log if e.deal == deal), deal=deal))
    return History(tuple(log), tuple(appends), tuple(reads))


@pytest.mark.parametrize("seed", range(50))
def test_where_nothing_is_wrong_nothing_is_found(seed: int):
    assert problems(simulated(seed)) == []


# --- corrupted --------------------------------------------------------------------------------------------


def renumbered(log: Sequence[Seen]) -> tuple[Seen, ...]:
    """The entries with the positions, versions and instants of their new places."""
    versions: Counter[str] = Counter()
    again = []
    for position, entry in enumerate(log, 1):
        versions[entry.deal] += 1
        again.append(
            replace(entry, position=position, version=versions[entry.deal], instant=f"2026-01-01T{position:06}Z")
        )
    return tuple(again)


def an_ok(history: History, size: int = 1) -> Append:
    """An acknowledged batch from the middle of the run."""
    found = [a for a in history.appends if a.outcome == "ok" and len(a.keys) == size]
    return found[len(found) // 2]


def with_log(history: History, log: Sequence[Seen]) -> History:
    return History(tuple(log), history.appends, ())


def lose_one(history: History) -> History:
    key = an_ok(history).keys[0]
    return with_log(history, renumbered([e for e in history.log if e.key != key]))


def leave_a_gap(history: History) -> History:
    key = an_ok(history).keys[0]
    return with_log(history, [e for e in history.log if e.key != key])


def record_twice(history: History) -> History:
    entry = history.log[an_ok(history).positions[0] - 1]
    return with_log(history, renumbered([*history.log, entry]))


def record_what_nobody_knows_twice(history: History) -> History:
    unknown = {key for a in history.appends if a.outcome == "info" for key in a.keys}
    entry = next(e for e in history.log if e.key in unknown)
    return with_log(history, renumbered([*history.log, entry]))


def swap_two(history: History) -> History:
    singles = [a.positions[0] - 1 for a in history.appends if a.outcome == "ok" and len(a.keys) == 1]
    log = list(history.log)
    first, last = min(singles), max(singles)
    log[first], log[last] = log[last], log[first]
    return with_log(history, renumbered(log))


def skip_a_version(history: History) -> History:
    at = an_ok(history).positions[0] - 1
    entry = history.log[at]
    return with_log(history, [*history.log[:at], replace(entry, version=entry.version + 1), *history.log[at + 1 :]])


def turn_the_clock_back(history: History) -> History:
    at = len(history.log) // 2
    earlier = replace(history.log[at], instant="2025-12-31T235959Z")
    return with_log(history, [*history.log[:at], earlier, *history.log[at + 1 :]])


def stand_still(history: History) -> History:
    at = len(history.log) // 2
    same = replace(history.log[at], instant=history.log[at - 1].instant)
    return with_log(history, [*history.log[:at], same, *history.log[at + 1 :]])


def halve_a_batch(history: History) -> History:
    last = an_ok(history, 4).keys[-1]
    return with_log(history, renumbered([e for e in history.log if e.key != last]))


def tear_a_batch(history: History) -> History:
    batch = an_ok(history, 4)
    at = batch.positions[1]
    log = list(history.log)
    log.insert(at, log.pop(0))
    return with_log(history, renumbered(log))


def record_what_was_refused(history: History) -> History:
    refused = next(a for a in history.appends if a.outcome == "fail" and len(a.keys) == 1)
    return with_log(history, renumbered([*history.log, Seen(0, "one", 0, refused.keys[0])]))


def invent(history: History) -> History:
    return with_log(history, renumbered([*history.log, Seen(0, "one", 0, "nobody's")]))


def change_a_read(history: History) -> History:
    read = max((r for r in history.reads if r.deal is None), key=lambda r: len(r.seen))
    changed = replace(read, seen=(replace(read.seen[0], key="other"), *read.seen[1:]))
    return replace_read(history, read, changed)


def skip_in_a_read(history: History) -> History:
    read = max((r for r in history.reads if r.deal is not None), key=lambda r: len(r.seen))
    return replace_read(history, read, replace(read, seen=(*read.seen[:1], *read.seen[2:])))


def see_half_a_batch(history: History) -> History:
    batch = an_ok(history, 4)
    read = history.reads[0]
    seen = history.log[: batch.positions[1]]
    return replace_read(history, read, replace(read, seen=seen, after=0, deal=None, fresh=False))


def see_too_little(history: History) -> History:
    read = max((r for r in history.reads if r.deal is None), key=lambda r: r.invoked)
    return replace_read(history, read, replace(read, seen=(), after=0))


def see_too_little_of_a_deal(history: History) -> History:
    read = max((r for r in history.reads if r.deal is not None), key=lambda r: r.invoked)
    return replace_read(history, read, replace(read, seen=read.seen[:1]))


def see_the_future(history: History) -> History:
    read = min(history.reads, key=lambda r: r.ended)
    return replace_read(history, read, replace(read, seen=history.log, after=0, deal=None))


def replace_read(history: History, read: Read, other: Read) -> History:
    return History(history.log, history.appends, tuple(other if r is read else r for r in history.reads))


def acknowledge_elsewhere(history: History) -> History:
    batch = an_ok(history)
    moved = replace(batch, positions=(batch.positions[0] + 1,))
    return History(history.log, tuple(moved if a is batch else a for a in history.appends), ())


CORRUPTIONS: list[tuple[Callable[[History], History], str]] = [
    (lose_one, "lost: "),
    (leave_a_gap, "positions are not dense: "),
    (record_twice, "twice: "),
    (record_what_nobody_knows_twice, "twice: "),
    (swap_two, "moved: "),
    (swap_two, "out of order: "),
    (skip_a_version, "where entry "),
    (turn_the_clock_back, "instants do not rise: "),
    (stand_still, "instants do not rise: "),
    (halve_a_batch, "half a batch: "),
    (tear_a_batch, "torn: "),
    (record_what_was_refused, "refused and recorded: "),
    (invent, "nobody recorded nobody's"),
    (change_a_read, "not a prefix: "),
    (skip_in_a_read, "not a prefix: "),
    (see_half_a_batch, "half seen: "),
    (see_too_little, "stale: "),
    (see_too_little_of_a_deal, "stale: "),
    (see_the_future, "from the future: "),
    (acknowledge_elsewhere, "moved: "),
]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("corrupt", "says"), CORRUPTIONS, ids=[f"{c.__name__}, {s}" for c, s in CORRUPTIONS])
def test_every_corruption_is_found(corrupt: Callable[[History], History], says: str, seed: int):
    found = problems(corrupt(simulated(seed)))
    assert any(says in problem for problem in found), found


def test_what_was_tried_again_under_its_key_counts_from_when_it_was_tried_first():
    """Cut off and recorded; the client asks again and hears that it is there already."""
    log = (Seen(1, "one", 1, "a", "1"), Seen(2, "one", 2, "b", "2"))
    again = Append("A", 50, 60, "ok", ("a",), (1,))
    appends = (Append("A", 0, None, "info", ("a",)), Append("B", 10, 20, "ok", ("b",), (2,)), again)
    assert problems(History(log, appends)) == []
    assert problems(History(log, appends[1:])) == [
        "out of order: b at #2 was acknowledged before a was invoked, which stands at #1"
    ]


def test_a_standby_may_be_behind_and_still_owes_a_prefix():
    log = (Seen(1, "one", 1, "a", "1"), Seen(2, "one", 2, "b", "2"))
    appends = (Append("A", 0, 5, "ok", ("a",), (1,)), Append("A", 6, 9, "ok", ("b",), (2,)))
    behind = Read("R", 20, 30, log[:1], fresh=False)
    assert problems(History(log, appends, (behind,))) == []
    assert problems(History(log, appends, (replace(behind, fresh=True),))) == [
        "stale: R saw the log as far as #1 when b at #2 was acknowledged"
    ]
    assert problems(History(log, appends, (replace(behind, seen=log[1:]),))) == [
        "not a prefix: R read the log after #0 otherwise than it is"
    ]
