"""The power is cut under a ledger in a file: what was acknowledged is there, and what is there is whole."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.soak.power import Change, Disk, NoCompiler, compiled, soak


@pytest.fixture
def shim(tmp_path: Path) -> None:
    try:
        compiled(tmp_path)
    except NoCompiler:
        pytest.skip("NOT TESTED: there is no C compiler here, or this is not Linux")


def test_nothing_that_was_acknowledged_is_lost_by_a_power_cut(shim: None, tmp_path: Path):
    line = soak(tmp_path, points=60, seed=1)
    assert (line.tried, line.lost) == (60, 0)


def test_a_ledger_that_does_not_wait_for_the_disk_is_found_out(shim: None, tmp_path: Path, capsys):
    assert soak(tmp_path, 40, 1, "careless").lost > 5


def test_what_was_not_waited_for_may_be_gone_and_torn(tmp_path: Path):
    disk = Disk()
    for what, name, data in (("C", "/r/a", b""), ("W", "/r/a", b"x" * 1024), ("S", "/r/a", b""), ("S", "/r", b""),
                             ("W", "/r/a", b"y" * 1024), ("C", "/r/b", b"")):  # fmt: skip
        disk.take(Change(what, name, "", 0, data))
    seen = set()
    for seed in range(200):
        folder = tmp_path / str(seed)
        folder.mkdir()
        disk.after_cut("/r", folder, random.Random(seed))
        content = (folder / "a").read_bytes()
        seen.add((content[:1] + content[-1:], (folder / "b").exists()))
    assert seen == {(parts, there) for parts in (b"xx", b"xy", b"yx", b"yy") for there in (False, True)}
