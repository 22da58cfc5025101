"""Many at once: writers, readers, somebody who rebuilds the projection, and somebody who asks all the while."""

from __future__ import annotations

import time
from pathlib import Path
from threading import Thread

from ledger.application import Ledger
from projections.point import Point
from projections.shares import Shares
from tests.soak.clients import DAY, prepared
from tests.soak.places import Place
from tests.soak.writers import soak


def test_nothing_is_lost_doubled_reordered_or_half_seen(place: Place, tmp_path: Path):
    line = soak(place, tmp_path, writers=8, seconds=5, seed=1)
    assert line.tried > 8
    assert line.lost == 0


def test_who_asks_while_the_projection_is_rebuilt_is_answered(place: Place):
    """The tables that were live when the question came may be gone when it is put to them."""
    address = place.fresh()
    prepared(address, ["one", "two"])
    until = time.monotonic() + 2

    def rebuild() -> None:
        with Ledger(address) as own:
            while time.monotonic() < until:
                Shares(own.entries).rebuild()

    rebuilding = Thread(target=rebuild)
    rebuilding.start()
    with Ledger(address, "read") as ledger:
        shares, answers = Shares(ledger.entries), set()
        while time.monotonic() < until:
            answers.add(tuple(deal.deal for deal in shares.at(Point(DAY, None, 2))))
    rebuilding.join()
    assert answers == {("one", "two")}
