"""What SECURITY.md promises is held by tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

HOUSE = Path(__file__).parent.parent
PAGE = (HOUSE / "SECURITY.md").read_text()


def test_every_promise_names_a_test_that_is_there():
    rows = [row for row in PAGE.splitlines() if row.startswith("| ") and row != "| promise | test |"]
    there = {
        name
        for path in (HOUSE / "tests").rglob("*.py")
        for name in re.findall(r"^\s*def (test_\w+)\(", path.read_text(), re.MULTILINE)
    }
    named = [re.findall(r"`(test_\w+)`", row) for row in rows]
    assert rows
    assert all(named), [row for row, names in zip(rows, named, strict=True) if not names]
    assert set(re.findall(r"`(test_\w+)`", PAGE)) <= there


def test_faults_are_reported_in_private_and_to_no_person():
    assert "private vulnerability reporting" in PAGE
    assert not re.search(r"\S@\S", PAGE)
