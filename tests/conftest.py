"""What the tests share: a real PostgreSQL, started once, and addresses of ledgers on both databases."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from tests import postgres as wheel

# A shell that starts the tests in the background has them ignore Ctrl-C, and whatever they start would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

NOT_TESTED: list[str] = []


@pytest.fixture(scope="session")
def postgres() -> Iterator[wheel.Server]:
    """A PostgreSQL server for the whole run."""
    if why := wheel.missing():
        NOT_TESTED.append(why)
        pytest.skip(f"PostgreSQL is not tested: {why}")
    server = wheel.Server().make().start()
    yield server
    server.throw_away()


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Gives an address where no ledger is yet, again and again; on each database in turn."""
    if request.param == "postgresql":
        server: wheel.Server = request.getfixturevalue("postgres")
        return server.fresh
    numbers = count(1)
    return lambda: str(tmp_path / f"books_{next(numbers)}.db")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if NOT_TESTED:
        terminalreporter.section("POSTGRESQL WAS NOT TESTED", sep="!", red=True, bold=True)
        terminalreporter.line(f"{NOT_TESTED[0]}: what this run says is of SQLite alone.", red=True)
