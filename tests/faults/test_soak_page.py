"""The page about soaks names parts and modules that there are."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.soak.__main__ import SOAKS
from tests.soak.report import Line, kept, say, table

HOUSE = Path(__file__).parents[2]
PAGE = (HOUSE / "docs" / "soak.md").read_text(encoding="utf-8")
PARTS = re.findall(r"^\| (\w+) \| `(tests\.soak\.\w+)` \|", PAGE, re.MULTILINE)


def test_every_part_is_on_the_page():
    assert [part for part, _ in PARTS] == [*SOAKS, "large"]
    for _, module in PARTS:
        assert (HOUSE / f"{module.replace('.', '/')}.py").exists()


def test_a_small_part_of_it_runs(tmp_path: Path):
    """As make soak does, with the options that the page shows."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.soak", "--part", "0.001", "--only", "hostile", "--lines",
         str(tmp_path / "soak.jsonl")],
        cwd=HOUSE, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "hostile files" in done.stdout.rpartition("FAULT")[2]
    assert "hostile files" in [line.fault for line in kept(tmp_path / "soak.jsonl")]


def test_the_table_shows_every_line(tmp_path: Path, capsys):
    lines = [
        say(Line("kill -9", 1_000, 0, "verify", "seed 1"), tmp_path / "l"),
        say(Line("x", 2, 1, "y"), tmp_path / "l"),
    ]
    assert kept(tmp_path / "l") == lines
    assert table(lines).splitlines() == [
        "FAULT    TRIED  LOST  HOW IT WOULD BE FOUND  SEEN",
        "kill -9  1,000  0     verify                 seed 1",
        "x        2      1     y",
    ]
