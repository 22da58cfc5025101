"""Taking a file: what its lines come to, where they fall, what is refused, and what other people's files look like."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from ledger.errors import (
    BadRows,
    ColumnsNotFit,
    FileChanged,
    LinesOverlap,
    MappingNotReadable,
    NotLines,
    NotReadable,
    TooManySums,
    UnknownEngine,
)
from projections.revenue import tally
from projections.revenue.file import LinesFile
from projections.revenue.take import take
from tests.revenue.files import HEADER, cuts, json_lines, shown, taken, written

FOUR = f"""{HEADER}
acme-bolt,2025-01-05,revenue,100.50,USD,api
acme-bolt,2025-01-15,revenue,-0.50,USD,api
acme-bolt,2025-01-16,revenue,1,USD,api
cargo,2025-01-16,units,12,,
"""


def test_lines_by_day_are_summed_by_day(tmp_path: Path):
    found = taken(written(tmp_path / "lines.csv", FOUR + "acme-bolt,2025-01-05,revenue,9.5,USD,api\n"))
    assert (found.by, found.rows, found.engine, found.format, found.name) == ("day", 5, "plain", "csv", "lines.csv")
    assert shown(found) == [
        "acme-bolt revenue 2025-01-05 to 2025-01-05 110.0000 USD {'product': 'api'} 2 2-6",
        "acme-bolt revenue 2025-01-15 to 2025-01-15 -0.5000 USD {'product': 'api'} 1 3-3",
        "acme-bolt revenue 2025-01-16 to 2025-01-16 1.0000 USD {'product': 'api'} 1 4-4",
        "cargo units 2025-01-16 to 2025-01-16 12.0000 - {} 1 5-5",
    ]


def test_lines_by_segment_are_summed_by_month_and_by_what_changes_in_it(tmp_path: Path):
    assert shown(taken(written(tmp_path / "lines.csv", FOUR), by="segment")) == [
        "acme-bolt revenue 2025-01-01 to 2025-01-15 100.0000 USD {'product': 'api'} 2 2-3",
        "acme-bolt revenue 2025-01-16 to 2025-01-31 1.0000 USD {'product': 'api'} 1 4-4",
        "cargo units 2025-01-01 to 2025-01-31 12.0000 - {} 1 5-5",
    ]


def test_a_file_of_many_rows_is_summed_by_segment_unless_told_otherwise(tmp_path: Path):
    row = "acme-bolt,2025-01-05,revenue,0.01,USD,api\n"
    at_most = written(tmp_path / "at-most.csv", HEADER + "\n" + row * tally.DAYS_UP_TO)
    more = written(tmp_path / "more.csv", HEADER + "\n" + row * (tally.DAYS_UP_TO + 1))
    assert [taken(path).by for path in (at_most, more)] == ["day", "segment"]
    assert taken(more, by="day").sums[0].span.days == 1
    [one] = taken(more).sums
    assert (one.amount, one.rows, one.last_row) == (Decimal("1000.01"), 100_001, 100_002)


def test_lines_for_a_period_keep_it(tmp_path: Path):
    text = """deal;period;measure;amount
acme-bolt;2025-Q1;revenue;10
acme-bolt;2025-Q1;revenue;5
acme-bolt;2025;costs;1
acme-bolt;2025-01-10..2025-01-15;units;3
acme-bolt;2025-01-21;units;4
"""
    assert shown(taken(written(tmp_path / "lines.csv", text), by="segment")) == [
        "acme-bolt costs 2025-01-01 to 2025-12-31 1.0000 - {} 1 4-4",
        "acme-bolt revenue 2025-01-01 to 2025-03-31 15.0000 - {} 2 2-3",
        "acme-bolt units 2025-01-10 to 2025-01-15 3.0000 - {} 1 5-5",
        "acme-bolt units 2025-01-16 to 2025-01-31 4.0000 - {} 1 6-6",
    ]


def test_the_digest_is_of_the_files_bytes(tmp_path: Path):
    path = written(tmp_path / "lines.csv", FOUR)
    found = taken(path)
    assert (found.sha256, found.size) == (hashlib.sha256(path.read_bytes()).hexdigest(), len(FOUR))


@pytest.mark.parametrize(
    "text", [FOUR.replace(",", ";"), FOUR.replace(",", "\t"), "\ufeff" + FOUR, FOUR.replace("\n", "\r\n")]
)
def test_separator_and_byte_order_mark_and_ends_of_lines_do_not_matter(text: str, tmp_path: Path):
    assert shown(taken(written(tmp_path / "a.csv", text))) == shown(taken(written(tmp_path / "b.csv", FOUR)))


def test_a_row_has_the_number_of_the_line_that_it_starts_on(tmp_path: Path):
    text = f'{HEADER}\nacme-bolt,2025-01-05,revenue,1,USD,"two\nlines"\n\nacme-bolt,2025-01-05,revenue,2,USD,x\n'
    found = taken(written(tmp_path / "lines.csv", text))
    assert [(s.dimensions, s.first_row) for s in found.sums] == [
        ((("product", "two\nlines"),), 2),
        ((("product", "x"),), 5),
    ]


def test_json_lines_say_the_same(tmp_path: Path):
    api = {"deal": "acme-bolt", "measure": "revenue", "currency": "USD", "product": "api"}
    rows = [
        {**api, "day": "2025-01-05", "amount": 100.5},
        {**api, "day": "2025-01-15", "amount": "-0.50"},
        {**api, "day": "2025-01-16", "amount": 1},
        {"deal": "cargo", "day": "2025-01-16", "measure": "units", "amount": 12, "currency": None},
    ]
    found, csv = taken(json_lines(tmp_path / "any.name", rows)), taken(written(tmp_path / "b.csv", FOUR))
    assert found.format == "jsonl"
    moved = [s._replace(first_row=s.first_row + 1, last_row=s.last_row + 1) for s in found.sums]
    assert moved == csv.sums


def test_digits_of_json_are_taken_as_they_are_written(tmp_path: Path):
    text = '{"deal":"cargo","day":"2025-01-05","measure":"units","amount":12345678901234.5678}\n'
    assert taken(written(tmp_path / "lines.jsonl", text)).sums[0].amount == Decimal("12345678901234.5678")


# --- what is refused --------------------------------------------------------------------------------------


def test_every_bad_row_is_listed_and_nothing_is_taken(tmp_path: Path):
    text = f"""{HEADER}
acme-bolt,2025-01-05,revenue,100.50,USD,api
acme-bolt,2025-02-30,revenue,1e5,USD,api
nobody,2025-01-05,revenue,1,USD,api
acme-bolt,2025-01-05,revenue,1,USD
"""
    with pytest.raises(BadRows) as refused:
        taken(written(tmp_path / "lines.csv", text))
    assert str(refused.value) == (
        "lines.csv cannot be taken: 3 rows are bad.\n"
        "  row 3: there is no day 2025-02-30 in the calendar; the amount '1e5' has an exponent: write it in full\n"
        "  row 4: there is no deal 'nobody'\n"
        "  row 5: it has 5 cells, and the header has 6\n"
        "Nothing was taken. Correct them where they come from, or say with --mapping FILE how they are meant."
    )


def test_the_first_fifty_bad_rows_are_shown_and_all_are_kept(tmp_path: Path):
    text = HEADER + "\n" + "acme-bolt,2025-01-05,revenue,x,USD,api\n" * 1_234
    with pytest.raises(BadRows) as refused:
        taken(written(tmp_path / "lines.csv", text))
    lines = str(refused.value).splitlines()
    assert lines[0] == "lines.csv cannot be taken: 1,234 rows are bad."
    assert lines[50:52] == [
        "  row 51: 'x' is not an amount: write digits with a point for decimals",
        "  and 1,184 more",
    ]
    assert [number for number, _ in refused.value.problems] == list(range(2, 1_236))


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('{"deal": "cargo"', "it is not a line of JSON: Expecting ',' delimiter"),
        ("[1]", "it is not an object of JSON"),
        ('{"deal": "cargo", "deal": "acme-bolt"}', "deal stands in it twice"),
        ('{"deal": {"id": 1}}', "deal is not a single value"),
        (
            '{"deal":"cargo","day":"2025-01-05","measure":"units","amount":NaN}',
            "'NaN' is not an amount: write digits with a point for decimals",
        ),
        ('{"deal":"cargo","day":"2025-01-05","measure":"units"}', "the amount is empty"),
    ],
)
def test_a_line_of_json_that_cannot_be_read_is_a_bad_row(line: str, why: str, tmp_path: Path):
    good = '{"deal":"cargo","day":"2025-01-05","measure":"units","amount":1}'
    with pytest.raises(BadRows) as refused:
        taken(written(tmp_path / "lines.jsonl", f"{good}\n\n{line}\n"))
    assert refused.value.problems == [(3, why)]


def test_a_deal_that_only_bad_rows_name_is_still_known(tmp_path: Path):
    with pytest.raises(BadRows) as refused:
        taken(written(tmp_path / "lines.csv", HEADER + "\ncargo,2025-01-05,,1,USD,api\n"))
    assert refused.value.problems == [(2, "the measure is empty")]


def test_a_quote_without_an_end_is_a_bad_row(tmp_path: Path):
    with pytest.raises(BadRows) as refused:
        taken(written(tmp_path / "lines.csv", FOUR + 'acme-bolt,2025-01-05,revenue,1,USD,"api\n'))
    why = "it cannot be read as CSV, nor can what follows: unexpected end of data"
    remedy = "say in the mapping form.quote = '' where quotation marks are text"
    assert refused.value.problems == [(6, f"{why}; {remedy}")]
    with pytest.raises(BadRows) as refused:
        taken(tmp_path / "lines.csv", mapping=written(tmp_path / "m.toml", "[form]\nquote = '\"'\n"))
    assert refused.value.problems == [(6, why)]


def test_text_behind_a_quotation_mark_is_a_bad_row_with_the_remedy(tmp_path: Path):
    path = written(
        tmp_path / "lines.tsv",
        'deal\tday\tmeasure\tamount\tproduct\nacme-bolt\t2025-01-08\trevenue\t10\t"Heroes" (live)\n',
    )
    with pytest.raises(BadRows, match=r"say in the mapping form\.quote = '' where quotation marks are text"):
        taken(path)


UNQUOTED = (
    "deal\tday\tmeasure\tamount\tproduct\n"
    "acme-bolt\t2025-01-03\trevenue\t5\ta\n"
    'acme-bolt\t2025-01-05\trevenue\t7\t"Unclosed\n'
    "acme-bolt\t2025-01-06\trevenue\t8\tok\n"
    'acme-bolt\t2025-01-07\trevenue\t9\tBlue 12"\n'
    'acme-bolt\t2025-01-08\trevenue\t10\t"Heroes" (live)\n'
)


@pytest.mark.parametrize("engine", ["plain", "duckdb"])
@pytest.mark.parametrize("separator", ["\t", ",", ";"])
def test_a_quotation_mark_swallows_no_rows(engine: str, separator: str, tmp_path: Path):
    path = written(tmp_path / "lines.tsv", UNQUOTED.rsplit("acme", 1)[0].replace("\t", separator))
    with pytest.raises(BadRows) as refused:
        taken(path, engine=engine)
    why = (
        "a cell in quotation marks reaches through line 5, and lines in it look like rows of their own; say in the "
        "mapping form.quote = '' where quotation marks are text, or form.quote = '\"' where the cell is meant so"
    )
    assert refused.value.problems == [(3, why)]


@pytest.mark.parametrize("engine", ["plain", "duckdb"])
@pytest.mark.parametrize("by", ["day", "segment"])
def test_quotation_marks_are_text_where_the_mapping_says_so(engine: str, by: str, tmp_path: Path):
    mapping = written(tmp_path / "m.toml", "[form]\nquote = ''\n")
    found = taken(written(tmp_path / "lines.tsv", UNQUOTED), mapping=mapping, engine=engine, by=by)
    assert (found.rows, sum(one.amount for one in found.sums)) == (5, 39)
    assert {dict(one.dimensions)["product"] for one in found.sums} == {
        "a", '"Unclosed', "ok", 'Blue 12"', '"Heroes" (live)'
    }  # fmt: skip


@pytest.mark.parametrize("engine", ["plain", "duckdb"])
def test_a_cell_over_lines_that_look_like_rows_is_taken_where_the_mapping_says_so(engine: str, tmp_path: Path):
    text = f'{HEADER}\nacme-bolt,2025-01-05,revenue,1,USD,"a\nb,c,d,e,f,g"\n'
    mapping = written(tmp_path / "m.toml", "[form]\nquote = '\"'\n")
    found = taken(written(tmp_path / "lines.csv", text), mapping=mapping, engine=engine)
    assert [dict(one.dimensions) for one in found.sums] == [{"product": "a\nb,c,d,e,f,g"}]


def test_bytes_that_are_no_text_are_a_bad_row(tmp_path: Path):
    path = tmp_path / "lines.csv"
    path.write_bytes(FOUR.encode() + "acme-bolt,2025-01-05,revenue,1,USD,café\n".encode("latin-1"))
    with pytest.raises(BadRows) as refused:
        taken(path)
    assert refused.value.problems == [(6, "'caf\\udce9' is not UTF-8")]


@pytest.mark.parametrize(
    ("header", "problems"),
    [
        ("deal,day,measure", "  there is no column 'amount'"),
        ("deal,day,measure,amount,amount", "  the column 'amount' stands in it twice"),
        (
            "deal,measure,amount",
            "  it needs one of 'day', 'period', or 'from' and 'through'; it has none of them",
        ),
        (
            "deal,day,period,measure,amount",
            "  it needs one of 'day', 'period', or 'from' and 'through'; it has 'day' and 'period'",
        ),
        (
            "deal,day,measure,amount,Product SKU",
            "  the column 'Product SKU' cannot be a dimension: a name is a letter, then letters, digits and _",
        ),
    ],
)
def test_columns_that_do_not_fit_are_refused(header: str, problems: str, tmp_path: Path):
    with pytest.raises(ColumnsNotFit) as refused:
        taken(written(tmp_path / "lines.csv", header + "\n"))
    assert str(refused.value) == (
        f"The columns of lines.csv do not say what revenue lines say:\n{problems}\n"
        f"It has the columns {header.replace(',', ', ')}. Say with --mapping FILE which of them is what, which one to "
        "ignore, and what is the same on every row."
    )


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it is empty"),
        (b"PK\x03\x04...", "it is a workbook or a ZIP archive; save the sheet as CSV, or unpack it"),
        (b"\x1f\x8b...", "it is compressed with gzip; unpack it"),
    ],
)
def test_what_is_no_file_of_lines_is_refused(content: bytes, why: str, tmp_path: Path):
    (tmp_path / "lines").write_bytes(content)
    with pytest.raises(NotLines) as refused:
        taken(tmp_path / "lines")
    assert str(refused.value) == (
        f"lines is not a file of revenue lines: {why}. Give CSV, JSON Lines or Parquet, with a column each for deal, "
        "day or period, measure and amount."
    )


def test_a_file_that_is_not_there_is_refused(tmp_path: Path):
    with pytest.raises(NotReadable, match="No such file"):
        taken(tmp_path / "lines.csv")


def test_a_period_must_not_overlap_days_of_the_same(tmp_path: Path):
    text = (
        "deal,period,measure,amount\ncargo,2025-01-05,revenue,1\ncargo,2025-01-06,revenue,1\ncargo,2025-01,revenue,2\n"
    )
    with pytest.raises(LinesOverlap) as refused:
        taken(written(tmp_path / "lines.csv", text), by="segment")
    assert str(refused.value) == (
        "lines.csv reports revenue of cargo for 2025-01 (2 rows, 2 to 3) and again for 2025-01 (row 4), which overlap. "
        "Nothing was taken. Report each day once, by day or for a period; where no day itself stands twice, sum the "
        "file by day (--by day)."
    )


def test_too_many_sums_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tally, "MOST_SUMS", 3)
    rows = "".join(f"cargo,2025-01-05,revenue,1,INV-{n}\n" for n in range(4))
    with pytest.raises(TooManySums) as refused:
        taken(written(tmp_path / "lines.csv", "deal,day,measure,amount,invoice\n" + rows))
    assert str(refused.value) == (
        "lines.csv comes to more than 3 sums; its dimensions are invoice. Name those that no terms ask for, such as "
        "numbers of invoices, under 'ignore' in the mapping."
    )


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path):
    path = written(tmp_path / "lines.csv", FOUR)
    file = LinesFile(path)
    written(path, FOUR + "cargo,2025-01-16,units,12,,\n")
    with pytest.raises(FileChanged) as refused:
        file.sha256()
    assert str(refused.value) == (
        "lines.csv was changed while it was read. Nothing was taken. Wait until it is written, and repeat."
    )


def test_an_unknown_engine_is_refused(tmp_path: Path):
    with pytest.raises(UnknownEngine) as refused:
        taken(written(tmp_path / "lines.csv", FOUR), engine="excel")
    assert str(refused.value) == (
        "There is no engine 'excel'. Write plain, duckdb, local[N] (Spark on this machine), spark://HOST:PORT (a Spark "
        "cluster), sc://HOST:PORT (Spark Connect) or postgresql://HOST/DATABASE."
    )


# --- other people's files ---------------------------------------------------------------------------------


def test_a_mapping_reads_an_export_in_german(tmp_path: Path):
    """A preamble, semicolons, day.month.year, a decimal comma, SAP's minus, their codes, Latin-1."""
    mapping = written(
        tmp_path / "sap.toml",
        """
ignore = ["Beleg"]
[columns]
deal = "Vertrag"
day = "Buchungsdatum"
amount = "Betrag"
currency = "Währung"
product = "Artikel"
[constants]
measure = "revenue"
territory = "de"
[values.deal]
"4711" = "acme-bolt"
[values.product]
"A-1" = "api"
[form]
day = "%d.%m.%Y"
decimal = ","
thousands = "."
negative = "1-"
encoding = "latin-1"
header = 3
""",
    )
    path = tmp_path / "export.txt"
    path.write_bytes(
        "Umsätze\n\nVertrag;Buchungsdatum;Betrag;Währung;Artikel;Beleg\n"
        "4711;05.01.2025;1.234,56;EUR;A-1;1\n4711;05.01.2025;34,56-;EUR;A-1;2\n".encode("latin-1")
    )
    assert shown(taken(path, mapping=mapping)) == [
        "acme-bolt revenue 2025-01-05 to 2025-01-05 1200.0000 EUR {'product': 'api', 'territory': 'de'} 2 4-5"
    ]


def test_a_mapping_reads_measures_in_columns(tmp_path: Path):
    """Both words for a product mean the same; an empty cell is no report; all rows are of one deal and one month."""
    mapping = written(
        tmp_path / "store.toml",
        """
ignore = "others"
[columns]
product = "SKU"
[constants]
period = "2025-01"
[measures]
revenue = "Net Sales"
units = "Qty"
[values.product]
old = "api"
new = "api"
[form]
times = "0.01"
""",
    )
    path = written(tmp_path / "store.csv", 'SKU,Net Sales,Qty,Title\nold,150,3,"A, B"\nnew,50,,C\n')
    assert shown(taken(path, mapping=mapping, into_deal="acme-bolt")) == [
        "acme-bolt revenue 2025-01-01 to 2025-01-31 2.000000 - {'product': 'api'} 2 2-3",
        "acme-bolt units 2025-01-01 to 2025-01-31 0.030000 - {'product': 'api'} 1 2-2",
    ]


def test_a_deal_given_for_all_rows_goes_before_the_column(tmp_path: Path):
    mapping = written(tmp_path / "m.toml", '[columns]\ndeal = "contract"\n')
    text = "contract,day,measure,amount\nX-1,2025-01-05,revenue,1\n"
    [one] = taken(written(tmp_path / "lines.csv", text), mapping=mapping, into_deal="cargo").sums
    assert (one.deal, one.dimensions) == ("cargo", ())


@pytest.mark.parametrize(
    ("mapping", "into_deal", "problem"),
    [
        ("", "cargo", "'deal' is a column, and is given for all rows as well: ignore one of them"),
        (
            '[constants]\ncurrency = "USD"',
            None,
            "'currency' is a column, and is given for all rows as well: ignore one of them",
        ),
        (
            'ignore = ["day"]\n[columns]\nfrom = "product"\n[constants]\nthrough = "2025-01-05"',
            None,
            "'from' and 'through' are to be both columns, or both constants",
        ),
        ('[columns]\nterritory = "Land"', None, "there is no column 'Land', which the mapping names"),
    ],
)
def test_a_mapping_that_does_not_fit_the_file_is_refused(mapping: str, into_deal: str, problem: str, tmp_path: Path):
    path = written(tmp_path / "m.toml", mapping)
    with pytest.raises(ColumnsNotFit) as refused:
        taken(written(tmp_path / "lines.csv", FOUR), mapping=path, into_deal=into_deal)
    assert refused.value.problems == (problem,)


def test_more_places_than_four_are_scaled_where_the_mapping_says_so(tmp_path: Path):
    mapping = written(tmp_path / "m.toml", "[form]\nplaces = 8\n")
    text = "deal,day,measure,amount\ncargo,2025-01-05,btc,0.00000001\ncargo,2025-01-05,btc,1\n"
    assert taken(written(tmp_path / "lines.csv", text), mapping=mapping).sums[0].amount == Decimal("1.00000001")


def test_a_mapping_that_is_not_understood_is_refused_with_all_that_is_wrong(tmp_path: Path):
    mapping = written(
        tmp_path / "m.toml",
        'colums = 1\n[columns]\ndeal = 3\n[constants]\n"a b" = "c"\n[values.day]\n'
        '[form]\nplaces = 99\ndecimal = ","\nthousands = ","\n',
    )
    with pytest.raises(MappingNotReadable) as refused:
        taken(written(tmp_path / "lines.csv", FOUR), mapping=mapping)
    assert str(refused.value) == (
        f"{mapping} cannot be read as a mapping of columns:\n"
        "  there is no part 'colums'\n"
        "  'columns' is not a table of texts\n"
        "  form.places = 99 is not understood\n"
        "  form.decimal and form.thousands are the same sign\n"
        "  'a b' is not a name of ours\n"
        "  'values.day' has no values to map\n"
        "It is a TOML file with any of the parts [columns], [constants], [measures], [values.NAME], [form] and "
        'ignore = ["THEIR COLUMN"]; [columns] reads: our_word = "THEIR COLUMN".'
    )


def test_deals_are_asked_for_once(tmp_path: Path):
    asked = []

    def noted(deals: Collection[str]) -> Mapping[str, Collection[date]]:
        asked.append(sorted(deals))
        return cuts(deals)

    take(written(tmp_path / "lines.csv", FOUR), cuts=noted)
    assert asked == [["acme-bolt", "cargo"]]


def test_text_in_utf_16_is_taken_where_the_mapping_says_so_and_else_refused_with_the_remedy(tmp_path: Path):
    path = tmp_path / "lines.csv"
    path.write_bytes(FOUR.replace("api", "Spiele für 手機").encode("utf-16"))
    with pytest.raises(NotLines) as refused:
        taken(path)
    assert str(refused.value).startswith(
        "lines.csv is not a file of revenue lines: it is text in UTF-16; say so in a mapping: [form], encoding = "
        '"utf-16". Give CSV'
    )
    mapping = written(tmp_path / "m.toml", '[form]\nencoding = "utf-16"\n')
    assert {dict(one.dimensions).get("product") for one in taken(path, mapping=mapping).sums} == {
        "Spiele für 手機", None,
    }  # fmt: skip
