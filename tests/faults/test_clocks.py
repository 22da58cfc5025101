"""Machines whose clocks differ write to one ledger: instants rise, and nothing is refused because of one."""

from __future__ import annotations

from pathlib import Path

from tests.soak.clocks import soak
from tests.soak.places import Place


def test_instants_rise_whatever_the_clocks_say(place: Place, tmp_path: Path):
    line = soak(place, tmp_path, seconds=2)
    assert line.tried > 6
    assert line.lost == 0
