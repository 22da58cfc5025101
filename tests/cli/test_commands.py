"""The commands: exit codes, what goes to stdout and what to stderr, help that runs, and real processes."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from cli.main import COMMANDS, SECTIONS, main
from ledger.application import Ledger

HOUSE = Path(__file__).parents[2]
DEAL = [sys.executable, "-c", "from cli.main import main; main(prog_name='deal')"]

# Entry 12 is a plan; there are a pool, a clause that waits for a launch, and a flow.
GIVEN = [
    'open openai-microsoft --title "OpenAI - Microsoft" --party OpenAI --party Microsoft --dated 2019-07-22 '
    '--term 2019-07-22..2030-12-31 --pays "OpenAI -> Microsoft as revenue_share: 20% of revenue every quarter"',
    'amend openai-microsoft --dated 2024-01-01 --pool "commercial partners: Microsoft"',
    'amend openai-microsoft --dated 2024-01-01 --right "Microsoft as preview: early access until launch"',
    *(f'affirm openai-microsoft "It stands, {n}." --dated 2024-02-0{n}' for n in range(1, 9)),
    'plan openai-microsoft --dated 2025-05-06 --pays "OpenAI -> Microsoft as revenue_share: 10% of revenue '
    'every quarter from 2030-01-01"',
]

FILE = """
[[instrument]]
event = "affirm"
deal = "openai-microsoft"
dated = 2025-06-01
statement = "It all stands."
"""


LINES = """\
deal,day,measure,amount
openai-microsoft,2025-04-01,revenue,1200000.50
openai-microsoft,2025-06-30,revenue,-200.25
"""

# What the examples of these commands stand on.
REPORT, ISSUE = "report openai-microsoft revenue=3.7bn --period 2025-Q1", "settle 2025-Q1 --issue"
SALES = (
    "CREATE TABLE sales_2025_q3 AS SELECT 1 AS id, 'openai-microsoft' AS deal, date '2025-07-01' AS day, "
    "'revenue' AS measure, 12.5 AS amount, 'USD' AS currency"
)
BEFORE = {
    "partner leave": ['partner add openai-microsoft Oracle --pool "commercial partners" --from 2025-07-01'],
    "settle": [REPORT],
    **{name: [REPORT, ISSUE] for name in ("statement", "pay", "balance", "close")},
    "reopen": [REPORT, ISSUE, "close 2025-Q1"],
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("told")
    for command in ["init", *GIVEN]:
        assert deal(command, folder).exit_code == 0, command
    (folder / "deals-2025.toml").write_text(FILE)
    (folder / "sales-2025-Q2.csv").write_text(LINES)
    return folder


@pytest.fixture
def there(told: Path, tmp_path: Path) -> Path:
    """A folder of one's own, with a ledger that has twelve entries."""
    return Path(shutil.copytree(told, tmp_path / "there"))


def deal(command: str, folder: Path) -> Result:
    before = Path.cwd()
    os.chdir(folder)
    try:
        env = {"DEAL_LEDGER": "", "DEAL_BY": "Dana", "DEAL_KEY": None, "XDG_CONFIG_HOME": str(folder / "config")}
        return CliRunner(env=env).invoke(main, shlex.split(command))
    finally:
        os.chdir(before)


def process(folder: Path, *arguments: str, before: str = "", **more: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*DEAL[:-1], before + DEAL[-1], *arguments], cwd=folder,
        env={**os.environ, "PYTHONPATH": str(HOUSE), "DEAL_BY": "Dana"},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more,
    )  # fmt: skip


# --- help -------------------------------------------------------------------------------------------------


def commands(command: click.Command = main, name: str = "deal") -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for each in command.list_commands(context):
            found = command.get_command(context, each)
            assert found is not None
            yield from commands(found, f"{name} {each}")


NAMED = dict(commands())


def example(command: click.Command) -> list[str]:
    """The commands of the example that ends a command's help."""
    _, found, text = (command.help or "").partition("Example:\n")
    assert found, f"{command.name} has no example"
    lines = text.replace("\\\n", "").strip().splitlines()
    return [line.strip() for line in lines]


@pytest.mark.parametrize("name", NAMED)
def test_help_ends_with_an_example_that_runs(name, told, tmp_path, request, monkeypatch):
    shown = CliRunner().invoke(main, [*name.split()[1:], "--help"])
    assert shown.exit_code == 0
    assert "Example:" in shown.stdout
    fresh = name in ("deal", "deal init", "deal demo", "deal open")
    folder = tmp_path / "there"
    shutil.copytree(told, folder)
    if fresh:
        (folder / "deals.db").unlink()
    if name == "deal open":
        assert deal("init", folder).exit_code == 0
    for command in BEFORE.get(name.removeprefix("deal "), ()):
        assert deal(command, folder).exit_code == 0
    if name in ("deal servers", "deal report"):
        postgres = request.getfixturevalue("postgres")
        for variable, value in {"HOST": postgres.folder, "PORT": postgres.port, "USER": "postgres"}.items():
            monkeypatch.setenv(f"PG{variable}", str(value))
    if name == "deal report":
        postgres.sql("CREATE DATABASE finance")
        postgres.sql(SALES, database="finance")
    if name == "deal servers":
        postgres.sql("CREATE DATABASE deals")
        assert deal("copy deals.db postgresql:///deals", folder).exit_code == 0
    for command in example(NAMED[name]):
        command, _, target = command.partition(" > ")
        done = deal(command.removeprefix("deal "), folder)
        if target:
            (folder / target).write_text(done.stdout)
        assert done.exit_code == 0, (command, done.stderr)


def test_every_command_is_listed_once():
    assert sorted(name for names in SECTIONS.values() for name in names) == sorted(COMMANDS)


def test_help_opens_no_ledger_and_loads_no_library(tmp_path):
    script = (
        "import sys; from cli.main import main; main(['amend', '--help'], standalone_mode=False); "
        "print({'sqlalchemy', 'eventsourcing', 'msgspec'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=HOUSE, capture_output=True, text=True, check=True)
    assert done.stdout.endswith("set()\n")


# --- answers ----------------------------------------------------------------------------------------------

CLAUSE = '--dated 2025-06-01 --pays "OpenAI -> Microsoft as hosting: 5% of revenue"'
WRITES = [
    "open other --party A --dated 2025-01-01", f"amend openai-microsoft {CLAUSE}", f"interim openai-microsoft {CLAUSE}",
    f"plan openai-microsoft {CLAUSE}", "adopt openai-microsoft 12", "withdraw openai-microsoft 12",
    "partner add openai-microsoft Oracle", "partner leave openai-microsoft Microsoft --through 2025-06-30",
    "extend openai-microsoft --through 2032",
    "renew openai-microsoft --dated 2025-06-01 --term 2031-01-01..2035-12-31",
    "end openai-microsoft --through 2026-06-30",
    "met openai-microsoft launch --on 2025-06-01", 'affirm openai-microsoft "It stands."',
    "correct 12 --dated 2025-05-07 --reason mistyped", "void 12 --reason mistyped", "record deals-2025.toml",
]  # fmt: skip
ASKS = {
    "show openai-microsoft": "deal.state/1", "share": "deal.share/1", "deals": "deal.deals/1", "log": "deal.log/1",
    "why openai-microsoft revenue_share": "deal.why/1", "why openai-microsoft term": "deal.why/1",
    "diff --on 2025-01-01..2031-01-01": "deal.diff/1", "upcoming --within 9999y": "deal.upcoming/1",
}  # fmt: skip


def test_nothing_of_the_table_of_commands_goes_untested():
    tested = {line.split()[0] for line in [*WRITES, *ASKS]}
    proves = {"verify", "replay", "key", "checkpoint", "prove", "bundle", "import", "export"}  # see test_proving
    settles = {"report", "rate", "settle", "statement", "pay", "balance", "close", "reopen"}  # see test_settlement
    serves = {"copy", "watch", "grants", "servers"}  # see test_servers
    assert tested | {"init", "demo", "quote", "terms", "engine"} | proves | settles | serves == set(COMMANDS)


@pytest.mark.parametrize("command", WRITES)
def test_what_is_entered_answers_with_its_number_and_what_is_next(command, there):
    done = deal(command, there)
    assert (done.exit_code, done.stdout) == (0, "#13\n")
    assert re.search(r"#13 recorded \(\w+\):\n(    .*\n)+Next: deal show [\w-]+\n$", done.stderr)


@pytest.mark.parametrize("command", WRITES)
def test_what_is_entered_answers_as_json(command, there):
    done = deal(f"{command} --json --key k" if command.split()[0] != "record" else f"{command} --json", there)
    answer = json.loads(done.stdout)
    [entry] = answer["entries"]
    assert answer["schema"] == "deal.recorded/1"
    assert list(entry) == ["position", "deal", "version", "event", "key", "already"]
    assert (entry["position"], entry["already"]) == (13, False)


@pytest.mark.parametrize("command", WRITES)
def test_a_dry_run_prints_what_record_reads_and_records_nothing(command, there):
    done = deal(f"{command} --dry-run", there)
    assert done.exit_code == 0
    assert done.stderr.endswith("A dry run: nothing was recorded.\n")
    assert len(deal("export", there).stdout.splitlines()) == 12
    (there / "dry.jsonl").write_text(done.stdout)
    told = deal("record dry.jsonl", there)
    assert (told.exit_code, told.stdout) == (0, "#13\n"), told.stderr
    dry, line = json.loads(done.stdout), json.loads(deal("export --from 13", there).stdout)
    assert {**dry, "key": None} == {"key": None, **{k: line[k] for k in ("deal", "event", "schema", "data")}}


@pytest.mark.parametrize(("command", "schema"), ASKS.items())
def test_what_is_asked_answers_as_json_with_the_points_it_used(command, schema, there):
    done = deal(f"{command} --json", there)
    answer = json.loads(done.stdout)
    assert (done.exit_code, answer["schema"]) == (0, schema)
    points = answer.get("before", answer)
    assert {"on", "known", "recorded", "planned", "evidence"} <= set(points)
    assert points["recorded"] == "#12"


@pytest.mark.parametrize("command", ASKS)
def test_what_is_asked_answers_as_csv_with_a_header_and_full_rows(command, there):
    done = deal(f"{command} --csv", there)
    header, *rows = csv.reader(io.StringIO(done.stdout))
    assert rows
    assert {len(row) for row in rows} == {len(header)}


def test_a_cell_that_a_spreadsheet_would_run_is_quoted(there):
    deal(
        """open evil --party Acme --party '=cmd()' --dated 2025-01-01 --pays 'Acme -> "=cmd()" as x: 5% of revenue'""",
        there,
    )
    [row] = csv.DictReader(io.StringIO(deal("share --deal evil --csv", there).stdout))
    assert (row["payee"], row["rate"]) == ("'=cmd()", "0.05")


def test_init_answers_as_json(tmp_path):
    answer = json.loads(deal("init --json", tmp_path).stdout)
    assert answer == {"schema": "deal.init/1", "ledger": "deals.db"}


def test_an_export_is_the_lines_and_nothing_else(there):
    done = deal("export", there)
    assert [json.loads(line)["position"] for line in done.stdout.splitlines()] == list(range(1, 13))
    assert done.stderr == ""
    with Ledger(str(there / "deals.db"), "read") as ledger:
        from ledger.entry import line

        assert done.stdout.encode() == b"".join(line(row) + b"\n" for row in ledger.entries.all_rows())


# --- exit codes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "exit_code", "words"),
    [
        ("amend openai-microsoft --dated 2025-06-01", 1, "The instrument sets nothing."),
        ("amend nobody --dated 2025-06-01 --pool p", 1, "There is no deal 'nobody' in this ledger."),
        ("show openai-microsoft --on 2025-02-30", 1, "There is no day 2025-02-30 in the calendar."),
        ("show openai-microsoft --recorded '#13'", 1, "There is no entry #13 yet: the last one is #12."),
        ("init", 1, "There is a ledger at deals.db already."),
        ("deals --ledger none.db", 1, "There is no ledger at none.db."),
        ("record none.toml", 1, "none.toml cannot be read: No such file or directory."),
        ("show", 2, "Missing argument 'DEAL'."),
        ("shew", 2, "No such command 'shew'."),
        ("show openai-microsoft --on yesterday", 2, "'yesterday' is not a day or a period."),
        ("show openai-microsoft --on 2025 --as-of 2025", 2, "--as-of D stands for --on D --known D."),
        ("show openai-microsoft --recorded soon", 2, "'soon' does not say as recorded by when."),
        ("show openai-microsoft --recorded 0001-01-01T00:00+14:00", 2, "does not say as recorded by when."),
        ("diff", 2, "Give two points in one clock, for example --known 2025-01-20..2025-01-21."),
        ("upcoming --within 5x", 2, "'5x' is not a length of time. Write 90d, 12m or 2y."),
        ("record deals-2025.toml --key k", 2, "A file's instruments have keys of their own."),
        ("deals --ledger oracle://x/y", 2, "A ledger cannot lie in a 'oracle' database."),
        ("amend openai-microsoft --note '\udcff' --pool p", 2, "is not text in UTF-8."),
        ("show nobody", 4, "There is no deal 'nobody' in this ledger."),
        ("show openai-microsoft --on 2031-01-01", 4, "Nothing of openai-microsoft is in force on 2031-01-01"),
        ("show openai-microsoft --known 2019-07-21", 4, "There was nothing of 'openai-microsoft' yet, or no longer"),
        ("why openai-microsoft nothing", 4, "openai-microsoft has never had a clause 'nothing'."),
        ("why openai-microsoft revenue_share --on 2031", 4, ""),
        ("share --on 2031", 4, "No share is in force on 2031-12-31"),
        ("log nobody", 4, "There is no deal 'nobody' in this ledger."),
        ("upcoming --within 1d --on 2025-06-01 --known 2019-07-22", 4, "Nothing comes through 2025-06-02."),
        ("upcoming --within 400d --on 9999-12-30", 4, "Nothing comes through 9999-12-31."),
        ("upcoming --within 40y --on 9999-12-31", 4, "Nothing comes through 9999-12-31."),
    ],
)  # fmt: skip
def test_says_what_is_wrong_on_stderr_and_by_its_exit_code(command, exit_code, words, there):
    done = deal(command, there)
    assert done.exit_code == exit_code, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert len(deal("export", there).stdout.splitlines()) == 12


def test_a_key_with_other_content_is_a_conflict(there):
    assert deal('affirm openai-microsoft "One." --dated 2025-06-01 --key k', there).stdout == "#13\n"
    again = deal('affirm openai-microsoft "One." --dated 2025-06-01 --key k', there)
    assert (again.exit_code, again.stdout) == (0, "#13\n")
    assert "#13 was recorded before, under the same key (NothingChanged):" in again.stderr
    other = deal('affirm openai-microsoft "Two." --dated 2025-06-01 --key k', there)
    assert (other.exit_code, other.stdout) == (5, "")


def test_the_past_changes_before_the_eyes(there):
    done = deal('amend openai-microsoft --dated 2024-06-01 --drop "revenue_share from 2024-07-01"', there)
    assert done.stderr.startswith(
        "This changes what holds:\n"
        "  openai-microsoft: revenue_share, 2024-07-01 to 2030-12-31: "
        "'OpenAI -> Microsoft as revenue_share: 20% of revenue every quarter' (#1) becomes nothing\n"
    )


# --- processes --------------------------------------------------------------------------------------------


def test_a_real_process_keeps_data_and_words_apart(there):
    shown = process(there, "show", "openai-microsoft", "--on", "2025-06-01", "--json")
    out, err = shown.communicate()
    assert (shown.returncode, err) == (0, "")
    assert json.loads(out)["clauses"][0]["rate"] == "0.20"
    refused = process(there, "show", "nobody")
    out, err = refused.communicate()
    assert (refused.returncode, out) == (4, "")
    assert err == (
        "deal: There is no deal 'nobody' in this ledger. List the deals with: deal deals; "
        "start one with: deal open nobody\n"
    )


def test_a_pipe_that_closes_is_no_disaster(there):
    shell = f"{shlex.join(DEAL)} log | head -c 1"
    done = subprocess.run(shell, shell=True, cwd=there, capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": str(HOUSE)}, check=True)  # fmt: skip
    assert "Traceback" not in done.stderr


def test_of_two_processes_at_once_each_gets_in_or_is_told(there):
    both = [
        process(there, "amend", "openai-microsoft", "--dated", "2025-06-01", "--right", f"OpenAI as r{n}: audit {n}")
        for n in range(4)
    ]
    codes = []
    for each in both:
        out, err = each.communicate()
        codes.append(each.returncode)
        assert (each.returncode == 0) == bool(out), err
        assert "Traceback" not in err
    assert set(codes) <= {0, 5}
    assert 0 in codes
    assert len(deal("export", there).stdout.splitlines()) == 12 + codes.count(0)


def test_of_processes_at_once_that_move_nothing_of_the_past_each_gets_in(there):
    all_ = [
        process(there, "affirm", "openai-microsoft", f"It stands, says {n}.", "--dated", "2025-06-01") for n in range(5)
    ]
    said = [each.communicate() for each in all_]
    assert [each.returncode for each in all_] == [0] * 5, said
    assert sorted(out for out, _ in said) == ["#13\n", "#14\n", "#15\n", "#16\n", "#17\n"]
    met = [err for _, err in said if "in the meantime" in err]
    after = "Somebody else recorded something about openai-microsoft in the meantime; this comes after it.\n"
    assert all(err.startswith(after) for err in met)


READY = "import cli.entry, ledger.application, projections.history; print('ready', flush=True); "


@pytest.mark.parametrize("server", [False, True])
def test_who_waits_for_others_and_is_interrupted_says_what_that_means(server, there, request):
    address = str(there / "deals.db")
    if server:
        address = request.getfixturevalue("postgres").fresh()
        assert deal(f"copy deals.db {address}", there).exit_code == 0
    command = ("affirm", "openai-microsoft", "It stands.", "--dated", "2025-06-01", "--ledger", address)
    with Ledger(address, "write") as ledger, ledger.database.in_turn():
        waiting = process(there, *command, before=READY)
        assert waiting.stdout.readline() == "ready\n"
        time.sleep(1)
        start = time.monotonic()
        waiting.send_signal(signal.SIGINT)
        said = waiting.communicate()[1]
        assert time.monotonic() - start < 10  # and not when it has waited for as long as it may
    assert said.startswith("deal: Interrupted. What was acknowledged is recorded; anything else is there as a whole or")
    assert waiting.returncode == 130
    assert deal(f"log --ledger {address} --json", there).stdout.count('"position"') >= 12


@pytest.mark.parametrize("seconds", [0.5, 0.8, 1.2])
def test_an_interrupted_record_leaves_all_or_nothing(seconds, there):
    count = 4_000
    with (there / "many.jsonl").open("w") as file:
        for n in range(count):
            data = {"dated": "2025-06-01", "statement": f"It stands, {n}."}
            print(json.dumps({"deal": "openai-microsoft", "event": "NothingChanged", "data": data}), file=file)
    running = process(there, "record", "many.jsonl")
    time.sleep(seconds)
    running.send_signal(signal.SIGINT)
    running.communicate()
    with Ledger(str(there / "deals.db"), "read") as ledger:
        assert ledger.entries.head() in (12, 12 + count)
    again = deal("record many.jsonl", there)
    assert again.exit_code == 0
    with Ledger(str(there / "deals.db"), "read") as ledger:
        assert ledger.entries.head() == 12 + count
