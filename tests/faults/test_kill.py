"""Whoever is killed in the middle of something loses nothing that was acknowledged, and leaves nothing half there."""

from __future__ import annotations

import random
from itertools import count
from pathlib import Path

from tests.soak.kill import Scene, kill_init, soak
from tests.soak.places import Files, Place


def test_what_was_acknowledged_survives_kill_9(place: Place, tmp_path: Path):
    line = soak(place, tmp_path, times=25, seed=20)
    assert (line.tried, line.lost) == (25, 0)
    assert all(what in line.seen for what in ("append", "record", "rebuild", "checkpoint", "import", "init"))


def test_a_ledger_that_is_being_made_is_whole_or_not_there(tmp_path: Path):
    """As long as a file by its name is no ledger yet, nothing could be asked of it, nor another be made."""
    place, scene = Files(tmp_path), Scene("", tmp_path, random.Random(4), count(1))
    assert [found for _ in range(30) if (found := kill_init(place, scene))] == []
