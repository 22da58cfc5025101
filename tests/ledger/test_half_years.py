"""A half-year is a period wherever periods are read."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.main import main
from ledger.calendar import Span, parse_period
from ledger.errors import NotAPeriod
from ledger.figures import period, read


def test_a_half_year_is_six_months() -> None:
    assert parse_period("2024-H1") == Span(date(2024, 1, 1), date(2024, 7, 1))
    assert parse_period("2024-H2") == Span(date(2024, 7, 1), date(2025, 1, 1))
    assert read("s[2024-H1, product=a]=3m").span == parse_period("2024-H1")
    assert period("2024-H2..2025-H1") == Span(date(2024, 7, 1), date(2025, 7, 1))


@pytest.mark.parametrize("text", ["2024-H3", "2024-h1", "2024H1", "2024-H"])
def test_nothing_else_is_a_half_year(text: str) -> None:
    with pytest.raises(NotAPeriod):
        parse_period(text)


def test_a_half_year_is_reported_and_settled(tmp_path: Path) -> None:
    address = str(tmp_path / "deals.db")

    def deal(*words: str) -> str:
        result = CliRunner().invoke(main, [*words, "--ledger", address])
        assert result.exit_code == 0, result.stderr
        return result.stdout

    deal("init")
    flow = "A -> B as fee: 10% of s every half-year from 2024-H1 through 2025-H2"
    deal("open", "d", "--party", "A", "--party", "B", "--dated", "2024-01-01", "--pays", flow)
    deal("report", "d", "s=100", "--period", "2024-H1", "--dated", "2024-07-01")
    assert "10.00" in deal("settle", "2024-H1", "d")
    assert "2025-12-31" in deal("show", "d", "--on", "2024-02-01")
