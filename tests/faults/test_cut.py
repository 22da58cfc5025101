"""A PostgreSQL server that is killed, sessions that are ended, replies to COMMIT that are lost: under writers."""

from __future__ import annotations

import os
import resource
from pathlib import Path

from ledger.application import Ledger
from tests.postgres import Server
from tests.soak.clients import prepared
from tests.soak.cut import ending_sessions, killing, lost_replies
from tests.soak.places import Schemas
from tests.soak.writers import soak

SECONDS = 4


def test_a_server_that_was_killed_has_what_it_acknowledged(postgres: Server, tmp_path: Path):
    own = Server({"fsync": "on"}).make().start()  # one that nobody else needs
    line = soak(Schemas(own), tmp_path, 4, SECONDS, 1, "server killed", killing(own))
    own.throw_away()
    assert line.tried >= 1
    assert line.lost == 0


def test_who_is_thrown_out_in_the_middle_knows_what_became_of_it(postgres: Server, tmp_path: Path):
    line = soak(Schemas(postgres), tmp_path, 4, SECONDS, 1, "session ended", ending_sessions(postgres))
    assert line.tried > 0
    assert line.lost == 0


def test_who_never_hears_of_a_commit_finds_out_and_never_records_twice(postgres: Server, tmp_path: Path):
    line = lost_replies(postgres, tmp_path, SECONDS, seed=1, often=0.3)
    assert line.tried > 2
    assert line.lost == 0


def test_a_process_with_many_open_files_may_ask_again(postgres: Server):
    """A connection that was kept is looked at before it is given out, whatever the number of its handle."""
    address = postgres.fresh()
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(2_000, limits[1]), limits[1]))
    held = [os.open(os.devnull, os.O_RDONLY) for _ in range(1_100)]
    try:
        prepared(address, ["one"])
        with Ledger(address) as ledger:
            assert [ledger.entries.head() for _ in range(2)] == [1, 1]
    finally:
        for handle in held:
            os.close(handle)
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
