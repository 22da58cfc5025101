"""docs/audit.md promises only what a test shows: every test that it names is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "audit.md"


def test_every_test_that_the_page_names_is_there():
    trees = [ast.parse(path.read_text()) for path in TESTS.rglob("test_*.py")]
    there = {node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    named = set(re.findall(r"`(test_\w+)`", PAGE.read_text()))
    assert len(named) > 30
    assert named - there == set()


def test_every_promise_has_its_test():
    """In a table of promises no row is without one."""
    for table in PAGE.read_text().split("| promise | test |\n|---|---|\n")[1:]:
        rows = table.split("\n\n")[0].splitlines()
        assert [row for row in rows if "`test_" not in row.rsplit("|", 2)[1]] == []
