"""A disk that is full refuses in a sentence, loses nothing, and leaves nothing half written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.main import main
from tests.books import books
from tests.soak.disk import NotMounted, files, fill, small_disk

needs_a_disk = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount the small disk that it takes")


@needs_a_disk
def test_a_full_disk_loses_nothing(tmp_path: Path):
    try:
        line = files(tmp_path, rounds=2)
    except NotMounted:
        pytest.skip("NOT TESTED: a disk cannot be mounted here")
    assert (line.tried, line.lost) == (2, 0)


@needs_a_disk
def test_where_there_is_no_room_to_compare_the_books_are_not_called_wrong(tmp_path: Path, monkeypatch):
    address = str(books(tmp_path / "deals.db"))
    try:
        with small_disk(tmp_path / "disk", "1m") as disk:
            fill(disk, leave=8_000)
            monkeypatch.setattr("tempfile.tempdir", str(disk))
            done = CliRunner().invoke(main, ["verify", "--ledger", address])
    except NotMounted:
        pytest.skip("NOT TESTED: a disk cannot be mounted here")
    assert done.exit_code == 1, done.output
    assert done.stderr.startswith(f"deal: There is no room in {disk} for the copy that the projection is compared with")
