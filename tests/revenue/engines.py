"""What every engine must do alike: the same sums to the byte, the same bad rows for the same reasons."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as arrow
import pytest
from pyarrow import parquet

from ledger.errors import BadRows, ColumnsNotFit
from projections.revenue import conformance
from projections.revenue.take import take
from tests.revenue.files import HEADER, shown, taken, written

GOOD = """deal,period,measure,amount,currency,product
acme-bolt,2025-01-05,revenue,100.50,USD,api
acme-bolt,2025-01-15,revenue,-0.50,USD,api
acme-bolt,2025-01-16,revenue,1,USD,
cargo,2025-Q1,units,99999999999999.9999,,手機
cargo,2025-Q1,units,99999999999999.9999,,手機
"""

WIDE = """
ignore = ["title"]
[columns]
day = "when"
product = "sku"
[measures]
revenue = "net"
units = "qty"
[values.product]
old = "api"
[form]
day = "%d/%m/%Y"
"""


def typed(path: Path, **columns: tuple[list[Any], arrow.DataType]) -> Path:
    """A file of Parquet."""
    arrays = {name: arrow.array(cells, kind) for name, (cells, kind) in columns.items()}
    parquet.write_table(arrow.table(arrays), path)
    return path


def lines_of(path: Path, amounts: tuple[list[Any], arrow.DataType], days: Any = None) -> Path:
    """One line for each amount, all of one deal and, unless told otherwise, one day."""
    many = len(amounts[0])
    return typed(
        path,
        deal=(["cargo"] * many, arrow.string()),
        day=days or ([date(2025, 1, 5)] * many, arrow.date32()),
        measure=(["units"] * many, arrow.string()),
        amount=amounts,
    )


class Alike:
    """To be inherited by the tests of each engine, which say its name."""

    engine: str

    def test_generated_lines_come_to_the_same(self, tmp_path: Path):
        found = conformance.check(self.engine, tmp_path, lines=3_000)
        assert found.differences == []
        assert found.sums > 2_000, found.sums

    @pytest.mark.parametrize("by", ["day", "segment"])
    def test_a_csv_file_is_taken_to_the_same_bytes(self, by: str, tmp_path: Path):
        path = written(tmp_path / "lines.csv", GOOD)
        plain, other = taken(path, engine="plain", by=by), taken(path, engine=self.engine, by=by)
        assert other.engine != "plain"
        assert repr(replace(other, engine="plain")) == repr(plain)

    def test_quoted_cells_and_empty_lines_are_taken_to_the_same_bytes(self, tmp_path: Path):
        path = written(tmp_path / "lines.csv", GOOD.replace("api\n", '"a\npi"\n\n'))
        assert shown(taken(path, engine=self.engine)) == shown(taken(path, engine="plain"))

    def test_json_lines_are_taken_to_the_same_bytes(self, tmp_path: Path):
        text = '{"deal":"cargo","day":"2025-01-05","measure":"units","amount":12345678901234.5678}\n'
        path = written(tmp_path / "lines.jsonl", text + "\n" + text.replace('"units"', '"units","x":true'))
        assert shown(taken(path, engine=self.engine)) == shown(taken(path, engine="plain"))

    def test_measures_in_columns_with_words_of_their_own_are_taken_to_the_same_bytes(self, tmp_path: Path):
        mapping = written(tmp_path / "wide.toml", WIDE)
        text = "sku,when,net,qty,title\nold,05/01/2025,1.5,,A\napi,05/01/2025,2.5,3, B\napi,20/01/2025,,4,\n"
        path = written(tmp_path / "wide.csv", text)
        asked: dict[str, Any] = {"mapping": mapping, "into_deal": "acme-bolt"}
        found = taken(path, engine=self.engine, **asked)
        assert shown(found) == shown(taken(path, engine="plain", **asked))
        assert [str(one.amount) for one in found.sums] == ["4.0000", "3.0000", "4.0000"]

    def test_amounts_in_a_form_of_their_own_are_taken_to_the_same_bytes(self, tmp_path: Path):
        mapping = written(tmp_path / "m.toml", '[form]\ndecimal = ","\nthousands = "."\nnegative = "(1)"\n')
        text = "deal;day;measure;amount\ncargo;2025-01-05;units;1.234,5\ncargo;2025-01-05;units;(34,5)\n"
        path = written(tmp_path / "lines.csv", text)
        found = taken(path, engine=self.engine, mapping=mapping)
        assert [str(one.amount) for one in found.sums] == ["1200.0000"]
        assert shown(found) == shown(taken(path, engine="plain", mapping=mapping))

    def test_typed_parquet_is_what_the_same_csv_is(self, tmp_path: Path):
        rows = [line.split(",") for line in GOOD.replace("Q1", "02-01").splitlines()[1:]]
        deals, days, measures, amounts, currencies, products = (list(column) for column in zip(*rows, strict=True))
        path = typed(
            tmp_path / "lines.parquet",
            deal=(deals, arrow.string()),
            day=([date.fromisoformat(day) for day in days], arrow.date32()),
            measure=(measures, arrow.dictionary(arrow.int8(), arrow.string())),
            amount=([Decimal(amount) for amount in amounts], arrow.decimal128(18, 4)),
            currency=([currency or None for currency in currencies], arrow.string()),
            product=(products, arrow.string()),
        )
        csv = taken(written(tmp_path / "lines.csv", GOOD.replace("Q1", "02-01")), engine="plain")
        found = taken(path, engine=self.engine)
        assert (found.format, found.rows) == ("parquet", 5)
        assert [s._replace(first_row=s.first_row + 1, last_row=s.last_row + 1) for s in found.sums] == csv.sums

    @pytest.mark.parametrize(
        ("cells", "kind", "total"),
        [
            ([5, -2], arrow.int64(), "3.0000"),
            ([Decimal("5.000000"), Decimal("-2.250000")], arrow.decimal128(30, 6), "2.7500"),
            (["5.0", "-2.25"], arrow.string(), "2.7500"),
        ],
    )
    def test_integers_and_decimals_and_digits_are_amounts(self, cells: Any, kind: Any, total: str, tmp_path: Path):
        path = lines_of(tmp_path / "lines.parquet", (cells, kind))
        assert [str(one.amount) for one in taken(path, engine=self.engine).sums] == [total]

    def test_sums_go_far_beyond_what_64_bits_hold(self, tmp_path: Path):
        most = Decimal("99999999999999.9999")
        path = lines_of(tmp_path / "lines.parquet", ([most] * 1_000, arrow.decimal128(18, 4)))
        assert taken(path, engine=self.engine).sums[0].amount == most * 1_000

    def test_doubles_are_refused_unless_the_mapping_says_that_they_are_decimals(self, tmp_path: Path):
        path = lines_of(tmp_path / "lines.parquet", ([0.1, 0.2, -99999999999.9999], arrow.float64()))
        with pytest.raises(ColumnsNotFit, match="the amounts in 'amount' are binary doubles, which are not exact"):
            taken(path, engine=self.engine)
        mapping = written(tmp_path / "m.toml", "[form]\ndoubles = true\n")
        [one] = taken(path, engine=self.engine, mapping=mapping).sums
        assert str(one.amount) == "-99999999999.6999"

    def test_a_double_that_is_no_decimal_is_a_bad_row(self, tmp_path: Path):
        mapping = written(tmp_path / "m.toml", "[form]\ndoubles = true\n")
        cells = [0.1, 0.1 + 0.2, float("nan"), float("inf"), None, 1e300, 123456789012.5]
        path = lines_of(tmp_path / "lines.parquet", (cells, arrow.float64()))
        with pytest.raises(BadRows) as refused:
            taken(path, engine=self.engine, mapping=mapping)
        assert refused.value.problems == [
            (2, "the amount '0.30000000000000004' has more than 4 places after the point"),
            (3, "'nan' is not an amount: write digits with a point for decimals"),
            (4, "'inf' is not an amount: write digits with a point for decimals"),
            (5, "the amount is empty"),
            (6, "'1e+300 (double)' is not an amount: write digits with a point for decimals"),
            (7, "'123456789012.5 (double)' is not an amount: write digits with a point for decimals"),
        ]

    def test_decimals_that_do_not_fit_are_bad_rows(self, tmp_path: Path):
        cells = [Decimal("0.00001"), Decimal("100000000000000"), None, Decimal(1)]
        path = lines_of(tmp_path / "lines.parquet", (cells, arrow.decimal128(30, 6)))
        with pytest.raises(BadRows) as refused:
            taken(path, engine=self.engine)
        assert refused.value.problems == [
            (1, "the amount '0.000010' has more than 4 places after the point"),
            (2, "the amount '100000000000000.000000' has more than 14 digits before the point"),
            (3, "the amount is empty"),
        ]

    def test_midnight_is_a_day_and_another_time_is_a_bad_row(self, tmp_path: Path):
        amounts = ([1, 2], arrow.int64())
        days = [datetime.fromisoformat("2025-01-05 00:00"), datetime.fromisoformat("2025-01-06 00:00")]
        good = lines_of(tmp_path / "good.parquet", amounts, (days, arrow.timestamp("us")))
        assert [one.span.start.day for one in taken(good, engine=self.engine).sums] == [5, 6]
        days[1] = datetime.fromisoformat("2025-01-06 13:30")
        bad = lines_of(tmp_path / "bad.parquet", amounts, (days, arrow.timestamp("us")))
        with pytest.raises(BadRows) as refused:
            taken(bad, engine=self.engine)
        assert refused.value.problems == [(2, "'2025-01-06 13:30:00' is not a day")]

    def test_bad_rows_are_the_same_for_the_same_reasons(self, tmp_path: Path):
        text = f"""{HEADER}
acme-bolt,2025-01-05,revenue,100.50,USD,api
acme-bolt,2025-02-30,revenue,1e5,USD,api
nobody,2025-01-05,revenue,1,USD,api
cargo,,net sales,,usd,
"""
        path = written(tmp_path / "lines.csv", text)
        found = []
        for engine in ("plain", self.engine):
            with pytest.raises(BadRows) as refused:
                take(path, cuts=conformance.cuts, engine=engine)
            found.append(str(refused.value))
        assert found[0] == found[1]

    def test_bad_cells_of_measures_in_columns_are_bad_rows(self, tmp_path: Path):
        mapping = written(tmp_path / "wide.toml", WIDE.replace("ignore", "# ignore"))
        text = "sku,when,net,qty\nold,05/01/2025,1.5,\napi,05/13/2025,x,1e5\n\x07,06/01/2025,1,\n"
        with pytest.raises(BadRows) as refused:
            taken(written(tmp_path / "wide.csv", text), engine=self.engine, mapping=mapping, into_deal="acme-bolt")
        assert refused.value.problems == [
            (
                3,
                "'05/13/2025' is not a day written as %d/%m/%Y; revenue: 'x' is not an amount: write digits with a "
                "point for decimals; units: the amount '1e5' has an exponent: write it in full",
            ),
            (4, "the product '\\x07' has control signs in it"),
        ]
