"""What a role with few rights tries, to get more of them, to stop others, or to be told what it should not know."""

from __future__ import annotations

import time
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result

from cli.main import main
from tests.books import books
from tests.postgres import Server

SECRET = "Zq7wonderful"
ANSWERS = "deal_ledger_answers"


def deal(*words: str, ledger: str) -> Result:
    return CliRunner(env={"DEAL_LEDGER": ledger, "DEAL_BY": "Dana"}).invoke(main, list(words))


@pytest.fixture
def database(postgres: Server, tmp_path: Path) -> str:
    """A ledger with the three roles; `eve` may write, `rita` may read."""
    name = postgres.database()
    address = postgres.url(name)
    assert deal("copy", str(books(tmp_path / "deals.db")), address, ledger=address).exit_code == 0
    assert deal("share", ledger=address).exit_code == 0
    done = deal("grants", "--reader", f"r_{name}", "--writer", f"w_{name}", "--owner", f"o_{name}", ledger=address)
    postgres.sql(done.stdout, database=name)
    postgres.sql(f"CREATE ROLE eve_{name} LOGIN IN ROLE w_{name}", f"CREATE ROLE rita_{name} LOGIN IN ROLE r_{name}")
    return name


def affirmed(address: str) -> None:
    """So that the tables of answers are behind."""
    assert deal("affirm", "acme-bolt", "It stands.", "--dated", "2026-01-05", ledger=address).exit_code == 0


TRAPS = {
    "a trigger": "CREATE TRIGGER trap BEFORE INSERT OR UPDATE ON {answers}.projections FOR EACH ROW "
    "EXECUTE FUNCTION {answers}.steal()",
    "a default": "ALTER TABLE {answers}.shares_1_claims ADD COLUMN trap int DEFAULT {answers}.grab()",
    "a constraint": "ALTER TABLE {answers}.projections ADD CHECK ({answers}.grab() = 1) NOT VALID",
    "an index": "CREATE INDEX ON {answers}.projections (({answers}.grab()))",
    "a policy": "CREATE POLICY trap ON {answers}.projections USING ({answers}.grab() = 1)",
    "a rule": "CREATE RULE trap AS ON UPDATE TO {answers}.projections DO ALSO SELECT {answers}.grab()",
}
FUNCTIONS = (
    "CREATE FUNCTION {answers}.steal() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'RESET ROLE'; "
    "EXECUTE 'CREATE ROLE stolen_{name} SUPERUSER'; RETURN NEW; EXCEPTION WHEN insufficient_privilege THEN "
    "RETURN NEW; END $$",
    "CREATE FUNCTION {answers}.grab() RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN EXECUTE 'RESET ROLE'; "
    "EXECUTE 'CREATE ROLE stolen_{name} SUPERUSER'; RETURN 1; EXCEPTION WHEN OTHERS THEN "
    "RETURN 1; END $$",
)


@pytest.mark.parametrize("trap", TRAPS)
def test_what_a_writer_puts_among_the_answers_never_runs_with_the_rights_of_who_asks(
    postgres: Server, database: str, trap: str
):
    told = {"answers": ANSWERS, "name": database}
    eve = f"eve_{database}"
    grants = f"GRANT CREATE ON SCHEMA {ANSWERS} TO {eve}"
    postgres.sql(f"SET ROLE w_{database}", grants, database=database)
    for statement in (*FUNCTIONS, TRAPS[trap]):
        postgres.sql(f"SET ROLE w_{database}", statement.format(**told), database=database, user=eve)
    owner = postgres.url(database)
    affirmed(owner)
    before = deal("show", "acme-bolt", "--on", "2026-01-01", ledger=owner)
    assert deal("share", "--on", "2026-01-01", ledger=owner).exit_code == 0  # folded from the entries
    assert before.exit_code == 0
    done = deal("verify", "--rebuild", ledger=owner)
    assert postgres.sql(f"SELECT count(*) FROM pg_roles WHERE rolname = 'stolen_{database}'") == [(0,)]
    assert done.exit_code == 1
    assert f"The schema {ANSWERS} of " in done.stderr
    assert "has something in it that would run with your rights: " in done.stderr
    found = deal("verify", ledger=owner)
    assert found.exit_code == 3
    assert "that is not the ledger's own" in found.stdout
    postgres.sql(f"DROP SCHEMA {ANSWERS} CASCADE", database=database)
    assert deal("verify", "--rebuild", ledger=owner).exit_code == 0


def test_a_view_in_the_place_of_a_table_of_answers_is_not_read(postgres: Server, database: str):
    for statement in (
        FUNCTIONS[1].format(answers=ANSWERS, name=database),
        f"ALTER TABLE {ANSWERS}.shares_1_claims RENAME TO kept",
        f"CREATE VIEW {ANSWERS}.shares_1_claims AS SELECT * FROM {ANSWERS}.kept WHERE {ANSWERS}.grab() = 1",
    ):
        postgres.sql(f"SET ROLE w_{database}", statement, database=database)
    assert deal("share", "--on", "2026-01-01", ledger=postgres.url(database)).exit_code == 0
    assert postgres.sql(f"SELECT count(*) FROM pg_roles WHERE rolname = 'stolen_{database}'") == [(0,)]


def test_rows_that_a_policy_hides_are_refused_and_not_left_out(postgres: Server, database: str):
    hide = f"CREATE POLICY hide ON deal_ledger.entries FOR SELECT TO r_{database} USING (position <> 5)"
    postgres.sql("ALTER TABLE deal_ledger.entries ENABLE ROW LEVEL SECURITY", hide, database=database)
    asked = deal("log", ledger=postgres.url(database, f"rita_{database}"))
    assert (asked.exit_code, asked.stdout) == (1, "")
    found = deal("verify", ledger=postgres.url(database))
    assert "The database has a policy 'hide' that is not the ledger's own" in found.stdout


def test_a_reader_who_holds_a_lock_keeps_nobody_waiting(postgres: Server, database: str):
    with postgres.session(database, f"rita_{database}") as session:
        session.execute("BEGIN")
        number = f"'{ANSWERS}'::regnamespace::oid::int"
        session.execute(f"SELECT pg_advisory_xact_lock({int.from_bytes(b'deal')}, {number})")
        session.execute(f"SELECT count(*) FROM deal_ledger.entries, deal_ledger.ledger, {ANSWERS}.projections")
        start = time.monotonic()
        affirmed(postgres.url(database, f"eve_{database}"))
        assert deal("verify", "--rebuild", ledger=postgres.url(database)).exit_code == 0
        assert deal("share", ledger=postgres.url(database)).exit_code == 0
        assert time.monotonic() - start < 15  # who waits for a lock waits for 30 seconds
        for table in ("entries", "ledger"):
            session.execute("ROLLBACK")
            session.execute("BEGIN")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                session.execute(f"LOCK TABLE deal_ledger.{table} IN SHARE MODE")


def test_a_function_of_the_users_path_is_not_run_for_a_table_of_lines(postgres: Server, database: str):
    owner = postgres.url(database)
    postgres.sql(
        "CREATE TABLE sales (id bigint PRIMARY KEY, deal varchar, day date, measure varchar, amount numeric(18, 2))",
        "INSERT INTO sales VALUES (1, 'acme-bolt', '2025-04-03', 'revenue', 100)",
        "CREATE FUNCTION public.length(bytea) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE FUNCTION public.upper(varchar) RETURNS text LANGUAGE sql AS $$ SELECT 'x' $$",
        f"CREATE FUNCTION public.trap(varchar, text) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN EXECUTE "
        f"'CREATE ROLE stolen_{database}'; RETURN true; END $$",
        "CREATE OPERATOR public.~ (LEFTARG = varchar, RIGHTARG = text, FUNCTION = public.trap)",
        "CREATE OPERATOR public.= (LEFTARG = varchar, RIGHTARG = text, FUNCTION = public.trap)",
        database=database,
    )
    done = deal("report", "--table", "sales", "--engine", owner, "--dated", "2025-07-02", "--dry-run", ledger=owner)
    assert done.exit_code == 0, done.output
    assert postgres.sql(f"SELECT count(*) FROM pg_roles WHERE rolname = 'stolen_{database}'") == [(0,)]


@pytest.mark.parametrize(
    "name", ["sales; DROP TABLE sales", 'sales" WHERE "id" = 1 --', "(SELECT 1)", "pg_sleep(9)", "''"]
)
def test_the_name_of_a_table_is_a_name(postgres: Server, database: str, name: str):
    owner = postgres.url(database)
    postgres.sql("CREATE TABLE IF NOT EXISTS sales (id bigint)", database=database)
    done = deal("report", "--table", name, "--engine", owner, "--dated", "2025-07-02", ledger=owner)
    assert done.exit_code in (1, 2)
    assert done.stderr.startswith("deal: ")
    assert postgres.sql("SELECT count(*) FROM sales", database=database) == [(0,)]


MISTYPED = [
    "postgres:/u:{}@h.invalid/d", "postgresql:u:{}@h.invalid/d", "pg://u:{}@h.invalid/d", "u:{}@h.invalid/d",
    "postgres//u:{}@h.invalid/d", "postgresql://u:{}@h.invalid:x/d", "postgresql:///d?host=h.invalid&pass%77ord={}",
    "postgres:/h.invalid/d?password={}", "host=h.invalid password={}", "mysql://u:{}@h.invalid/d",
    "Postgresql://u:{}@h.invalid/d", "postgresql://u:{}@h.invalid/d?nonsense=x",
]  # fmt: skip
ASKING = [
    ("grants",), ("log",), ("init",), ("verify",), ("servers",), ("copy", "{}", "other.db"), ("engine", "check", "{}"),
    ("report", "--table", "t", "--engine", "{}", "--dated", "2025-01-01"), ("copy", "other.db", "{}"),
]  # fmt: skip


@pytest.mark.parametrize("mistyped", MISTYPED)
def test_no_command_tells_the_password_of_a_mistyped_address(mistyped: str, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    address = mistyped.format(SECRET, SECRET)
    for words in ASKING:
        asked = deal(*(word.format(address) for word in words), ledger=address)
        assert SECRET not in asked.output, (words, asked.output)
        assert isinstance(asked.exception, SystemExit | None), (words, asked.exception)
