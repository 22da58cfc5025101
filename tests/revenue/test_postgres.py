"""PostgreSQL sums as plain Python does: files that are put there, and tables and views that are there."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as arrow
import pytest
from click.testing import CliRunner
from pyarrow import parquet

from cli.main import main
from ledger.errors import BadRows, ColumnsNotFit, EngineUnfit, ExtraMissing, LoginRefused, NotReadable, Refusal
from projections.revenue.take import take_table
from projections.revenue.taken import Taken
from tests.postgres import Server
from tests.revenue.engines import GOOD, Alike
from tests.revenue.files import cuts, shown, taken, written


class TestPostgreSQL(Alike):
    @pytest.fixture(autouse=True)
    def _there(self, postgres: Server) -> None:
        self.engine = postgres.url()


@pytest.fixture
def kept(postgres: Server) -> str:
    """A database in which the lines of GOOD are kept, as a finance department would: in a schema, with numbers."""
    database = postgres.database()
    rows = [line.split(",") for line in GOOD.splitlines()[1:]]
    values = ", ".join(
        f"({number}, " + ", ".join("NULL" if cell == "" else f"'{cell}'" for cell in row) + ")"
        for number, row in enumerate(rows, 2)  # as a person sees them in the file
    )
    postgres.sql(
        "CREATE SCHEMA finance",
        "CREATE TABLE finance.sales (id int PRIMARY KEY, deal text, period varchar(20), measure text, amount numeric, "
        "currency varchar(3), product text)",
        f"INSERT INTO finance.sales VALUES {values}",
        database=database,
    )
    return database


def of_table(table: str, server: Server, database: str, user: str = "postgres", **asked: Any) -> Taken:
    return take_table(table, server.url(database, user), cuts=cuts, **asked)


def refusal(kind: type[Refusal], table: str, server: Server, database: str, **asked: Any) -> str:
    with pytest.raises(kind) as refused:
        of_table(table, server, database, **asked)
    return str(refused.value).replace(server.url(database), "URL")


# --- a table is what a file of the same lines is ------------------------------------------------------------------


@pytest.mark.parametrize("by", ["day", "segment"])
def test_a_table_comes_to_what_a_file_of_the_same_lines_does(by: str, kept: str, postgres: Server, tmp_path: Path):
    file = taken(written(tmp_path / "lines.csv", GOOD), engine="plain", by=by)
    found = of_table("finance.sales", postgres, kept, by=by)
    assert repr(found.sums) == repr(file.sums)
    assert (found.name, found.format, found.engine, found.rows, found.by) == (
        "finance.sales", "table", "postgresql", 5, by,
    )  # fmt: skip


def test_a_mapping_says_what_a_view_s_columns_are(kept: str, postgres: Server, tmp_path: Path):
    postgres.sql(
        'CREATE VIEW finance."Umsätze 100%" AS SELECT id AS "Beleg", deal AS "Vertrag", date \'2025-01-05\' AS "Tag", '
        "amount * 100 AS \"Cent\" FROM finance.sales WHERE deal = 'acme-bolt'",
        database=kept,
    )
    mapping = written(
        tmp_path / "m.toml",
        '[columns]\ndeal = "Vertrag"\nday = "Tag"\namount = "Cent"\n[constants]\nmeasure = "revenue"\n'
        '[form]\nrow = "Beleg"\ntimes = "0.01"\n',
    )
    found = of_table('finance."Umsätze 100%"', postgres, kept, mapping=mapping)
    assert shown(found) == ["acme-bolt revenue 2025-01-05 to 2025-01-05 101.000000 - {} 3 2-4"]


def test_texts_are_told_apart_by_their_bytes_whatever_the_collation(kept: str, postgres: Server):
    postgres.sql(
        'ALTER TABLE finance.sales ALTER product TYPE text COLLATE "POSIX", ALTER deal TYPE text COLLATE "C.utf8"',
        "UPDATE finance.sales SET product = 'API' WHERE id = 3",
        "UPDATE finance.sales SET product = 'ápi', period = '2025-01-05' WHERE id = 4",
        database=kept,
    )
    products = [dict(one.dimensions).get("product") for one in of_table("finance.sales", postgres, kept).sums]
    assert products == ["API", "api", "ápi", "手機"]


def test_a_bad_row_is_named_by_its_number(kept: str, postgres: Server):
    postgres.sql(
        "INSERT INTO finance.sales VALUES (-7, 'nobody', '2025-02-30', 'revenue', 'NaN', 'usd', ''), "
        "(900, 'cargo', '2025-01-05', 'revenue', 0.00001, '', ''), (901, 'cargo', '2025-01-05', 'revenue', "
        "99999999999999.99999, '', ''), (902, 'cargo', '2025-01-05', 'revenue', NULL, '', '')",
        database=kept,
    )
    with pytest.raises(BadRows) as refused:
        of_table("finance.sales", postgres, kept)
    assert [number for number, _ in refused.value.problems] == [-7, 900, 901, 902]
    assert dict(refused.value.problems)[-7] == (
        "there is no deal 'nobody'; there is no day 2025-02-30 in the calendar; 'usd' is not a currency: write the "
        "three capital letters of ISO 4217; 'NaN' is not an amount: write digits with a point for decimals"
    )


# --- what a table holds -------------------------------------------------------------------------------------------


def test_the_digest_is_of_the_rows_whatever_their_order_and_the_server_s_settings(
    kept: str, postgres: Server, tmp_path: Path
):
    ignoring = written(tmp_path / "m.toml", 'ignore = ["stamp", "part"]\n')
    found = of_table("finance.sales", postgres, kept)
    with postgres.session(kept) as session:
        texts = [row[0].encode() for row in session.execute("SELECT sales::text FROM finance.sales").fetchall()]
    hashes = sorted(sha256(text).digest() for text in texts)
    parts: dict[int, bytes] = {}
    for one in hashes:
        parts[one[0]] = parts.get(one[0], b"") + one
    assert found.sha256 == sha256(b"".join(sorted(sha256(part).digest() for part in parts.values()))).hexdigest()
    assert found.size == sum(map(len, texts))

    postgres.sql(
        "ALTER TABLE finance.sales ADD stamp timestamptz DEFAULT '2025-01-05 12:00Z', ADD part float8 DEFAULT 0.1",
        database=kept,
    )
    before = of_table("finance.sales", postgres, kept, mapping=ignoring).sha256
    assert before != found.sha256
    postgres.sql(
        f"ALTER DATABASE {kept} SET DateStyle = 'German'", f"ALTER DATABASE {kept} SET TimeZone = 'Asia/Tokyo'",
        f"ALTER DATABASE {kept} SET extra_float_digits = -5",
        "CREATE TABLE again AS SELECT * FROM finance.sales ORDER BY id DESC",
        database=kept,
    )  # fmt: skip
    assert of_table("again", postgres, kept, mapping=ignoring).sha256 == before
    postgres.sql("UPDATE again SET product = 'web' WHERE id = 2", database=kept)
    assert of_table("again", postgres, kept, mapping=ignoring).sha256 != before


def test_an_empty_table_has_nothing(kept: str, postgres: Server):
    postgres.sql("DELETE FROM finance.sales", database=kept)
    found = of_table("finance.sales", postgres, kept)
    assert (found.sums, found.rows, found.size, found.sha256) == ([], 0, 0, sha256(b"").hexdigest())


def test_everything_is_read_from_one_state_of_the_table(kept: str, postgres: Server):
    before = of_table("finance.sales", postgres, kept)

    def meanwhile(deals: Sequence[str]) -> Mapping[str, Sequence[date]]:
        """While the deals' books are read, a row comes and another one goes."""
        postgres.sql(
            "INSERT INTO finance.sales VALUES (50, 'cargo', '2025-Q1', 'units', 1, NULL, '手機')",
            "DELETE FROM finance.sales WHERE id = 3", database=kept,
        )  # fmt: skip
        return cuts(deals)

    assert take_table("finance.sales", postgres.url(kept), cuts=meanwhile) == before
    assert of_table("finance.sales", postgres, kept) != before


def test_who_may_only_read_may_take_it_and_a_standby_will_do(kept: str, postgres: Server):
    postgres.sql(
        "CREATE ROLE looks_on LOGIN", "GRANT USAGE ON SCHEMA finance TO looks_on",
        "GRANT SELECT ON finance.sales TO looks_on", f"REVOKE TEMPORARY ON DATABASE {kept} FROM PUBLIC", database=kept,
    )  # fmt: skip
    first = of_table("finance.sales", postgres, kept)
    assert of_table("finance.sales", postgres, kept, user="looks_on") == first
    own = Server().make().start()
    own.sql(
        "CREATE TABLE lines AS SELECT 1 AS id, 'cargo' AS deal, date '2025-01-05' AS day, "
        "'units' AS measure, 2 AS amount"
    )
    standby = own.standby()
    standby.wait("SELECT 1 FROM lines")
    assert shown(of_table("lines", standby, "postgres")) == ["cargo units 2025-01-05 to 2025-01-05 2.0000 - {} 1 1-1"]
    standby.throw_away()
    own.throw_away()


# --- refusals -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["sales", "finance.sale", 'Finance."Sales"'])
def test_a_table_that_is_not_there_is_refused(table: str, kept: str, postgres: Server):
    assert refusal(EngineUnfit, table, postgres, kept) == (
        f"URL cannot sum revenue lines: it has no table or view '{table}'. Check the name, and your rights there: a "
        "table needs SELECT, a file TEMPORARY on the database."
    )


def test_a_name_is_a_name_and_no_sql(kept: str, postgres: Server):
    refusal(EngineUnfit, "finance.sales; DROP TABLE finance.sales", postgres, kept)
    assert of_table("finance.sales", postgres, kept).rows == 5


def test_a_table_that_may_not_be_read_is_refused(kept: str, postgres: Server):
    postgres.sql("CREATE ROLE stranger LOGIN", "GRANT USAGE ON SCHEMA finance TO stranger", database=kept)
    with pytest.raises(EngineUnfit, match="it says 'permission denied for table sales'"):
        of_table("finance.sales", postgres, kept, user="stranger")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("ALTER TABLE finance.sales DROP id", "there is no column 'id' that numbers its rows"),
        ("ALTER TABLE finance.sales ALTER id TYPE text", "'id', which numbers its rows, is no integer"),
        (
            "ALTER TABLE finance.sales DROP CONSTRAINT sales_pkey; UPDATE finance.sales SET id = 3 WHERE id < 5",
            "'id', which numbers its rows, is empty or the same in 2 of them",
        ),
    ],
)
def test_rows_that_are_not_numbered_are_refused(change: str, problem: str, kept: str, postgres: Server):
    postgres.sql(*change.split("; "), database=kept)
    said = refusal(ColumnsNotFit, "finance.sales", postgres, kept).splitlines()
    assert said[:2] == [
        "The columns of finance.sales do not say what revenue lines say:",
        f'  {problem}; say in a mapping which column does: [form], row = "COLUMN"',
    ]


def test_types_that_cannot_be_told_apart_exactly_are_refused(kept: str, postgres: Server):
    postgres.sql(
        "ALTER TABLE finance.sales ALTER amount TYPE float8, ALTER deal TYPE char(20), ADD stamp timestamptz",
        database=kept,
    )
    said = refusal(ColumnsNotFit, "finance.sales", postgres, kept)
    assert "the column 'deal' is of a type (other) that cannot be read here; write it as text" in said
    assert "the column 'stamp' is of a type (other) that cannot be read here; write it as text" in said
    assert "the amounts in 'amount' are binary doubles, which are not exact" in said


def test_a_password_is_never_printed(postgres: Server):
    address = postgres.tcp(password="not-a-secret")
    done = CliRunner().invoke(main, ["engine", "check", address])
    assert done.exit_code == 1
    assert "does not let you in: the password is wrong or missing" in done.stderr
    assert "not-a-secret" not in done.output
    done = CliRunner().invoke(main, ["engine", "check", postgres.tcp(), "--lines", "200"])
    assert done.exit_code == 0, done.output
    assert "postgres:***@127.0.0.1" in done.stdout
    with pytest.raises(LoginRefused):
        take_table("lines", address, cuts=cuts)


def test_without_its_driver_it_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ExtraMissing, match=r"pip install 'deal-ledger\[postgres\]'"):
        taken(written(tmp_path / "lines.csv", GOOD), engine="postgresql://nowhere/x")


def test_columns_that_lines_are_not_read_from_are_left(postgres: Server, tmp_path: Path):
    cells = {
        "deal": ["cargo"], "day": [date(2025, 1, 5)], "measure": ["units"], "amount": [3], "tags": [["a", "b"]],
        "sure": [True],
    }  # fmt: skip
    parquet.write_table(arrow.table(cells), tmp_path / "lines.parquet")
    mapping = written(tmp_path / "m.toml", 'ignore = ["tags", "sure"]\n')
    found = taken(tmp_path / "lines.parquet", engine=postgres.url(), mapping=mapping)
    assert shown(found) == shown(taken(tmp_path / "lines.parquet", mapping=mapping))
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(NotReadable):
        taken(tmp_path / "broken.parquet", engine=postgres.url())


# --- as a user does it --------------------------------------------------------------------------------------------


def test_a_table_s_lines_are_reported_once_and_restated_when_they_change(
    kept: str, postgres: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)

    def deal(*words: str) -> Any:
        return CliRunner().invoke(main, [*words, "--ledger", "books.db"], env={"DEAL_BY": "desk"})

    deal("init")
    deal("open", "acme-bolt", "--party", "Acme", "--party", "Bolt", "--dated", "2025-01-01", "--pays",
         "Acme -> Bolt as share: 20% of revenue every quarter")  # fmt: skip
    asked = ("report", "--table", "finance.sales", "--engine", postgres.url(kept), "--dated", "2025-02-03")
    assert "there is no deal 'cargo'" in deal(*asked).stderr
    postgres.sql(
        "DELETE FROM finance.sales WHERE deal = 'cargo'", "UPDATE finance.sales SET product = 'web' WHERE id = 4",
        database=kept,
    )  # fmt: skip
    first = deal(*asked)
    assert first.exit_code == 0, first.output
    digest = of_table("finance.sales", postgres, kept).sha256
    assert f"summed by day from 3 rows of finance.sales, SHA-256 {digest}" in first.stderr
    [*_, line] = deal("export").stdout.splitlines()
    report = json.loads(line)["data"]
    assert report["file"] == {"sha256": digest, "name": "finance.sales", "size": 135, "rows": 3, "by": "day"}
    assert [figure["rows"] for figure in report["figures"]] == [[1, 2, 2], [1, 3, 3], [1, 4, 4]]
    assert "These figures were recorded before for 1 deal; they are left." in deal(*asked).stderr
    postgres.sql("UPDATE finance.sales SET amount = 200 WHERE id = 2", database=kept)
    assert deal(*asked).exit_code == 1
    assert deal(*asked, "--restate", "--yes").exit_code == 0
    assert "200" in deal("log", "acme-bolt").stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--table", "sales"), "Say where the table is: --engine postgresql://HOST/DATABASE"),
        (("--table", "sales", "--file", "x.csv"), "Give figures, or a file of lines, or a table: deal report --file"),
    ],
)
def test_a_table_has_a_place(words: tuple[str, ...], said: str):
    done = CliRunner().invoke(main, ["report", *words])
    assert done.exit_code == 2
    assert said in done.stderr
