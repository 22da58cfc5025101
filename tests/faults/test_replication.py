"""Two servers: the primary is killed under writers, the standby promoted, and the writers go on."""

from __future__ import annotations

from pathlib import Path

from tests.postgres import Server
from tests.soak.replication import soak


def test_nothing_that_was_acknowledged_is_lost_with_the_primary(postgres: Server, tmp_path: Path):
    line = soak(tmp_path, seconds=5, seed=1)
    assert line.lost == 0
