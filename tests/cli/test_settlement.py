"""Settling on the command line: what is printed, what is told beside it, exit codes, and processes that meet."""

from __future__ import annotations

import csv
import io
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from eventsourcing.persistence import StoredEvent
from msgspec.structs import replace

from ledger.application import Ledger
from ledger.batch import Draft
from ledger.bookings import digest_of
from ledger.form import draft_of
from tests.cli.test_commands import deal

HOUSE = Path(__file__).parents[2]
DEAL = [sys.executable, "-c", "from cli.main import main; main(prog_name='deal')"]

GIVEN = [
    "init",
    "open acme-bolt --party Acme --party Bolt --party Cargo --dated 2024-01-15 --term 2024..2027 "
    '--pays "Acme -> Bolt as share: 20% of revenue every quarter within 30 days" '
    '--pays "Acme -> Cargo as fee: 1_000 every quarter" --pays "Bolt -> Acme as hosting: 250 every month"',
    "report acme-bolt revenue=1_200_000 --period 2025-Q1 --dated 2025-04-02",
]
ISSUED = [*GIVEN, "settle 2025-Q1 --issue --dated 2025-04-05"]  # as #3, #4 and #5


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("told"), GIVEN)


@pytest.fixture(scope="module")
def stated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("stated"), ISSUED)


@pytest.fixture
def there(told: Path, tmp_path: Path) -> Path:
    """A ledger in which a deal was reported."""
    return Path(shutil.copytree(told, tmp_path / "there"))


@pytest.fixture
def after(stated: Path, tmp_path: Path) -> Path:
    """A ledger in which its statements were issued."""
    return Path(shutil.copytree(stated, tmp_path / "after"))


def made(folder: Path, commands: list[str]) -> Path:
    for command in commands:
        done = deal(command, folder)
        assert done.exit_code == 0, done.stderr
    return folder


def answer(command: str, folder: Path) -> dict:
    done = deal(f"{command} --json", folder)
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def rows(command: str, folder: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(deal(f"{command} --csv", folder).stdout)))


def head(folder: Path) -> int:
    with Ledger(str(folder / "deals.db"), "read") as ledger:
        return ledger.entries.head()


def process(folder: Path, *arguments: str, before: str = "") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*DEAL[:-1], before + DEAL[-1], *arguments], cwd=folder,
        env={**os.environ, "PYTHONPATH": str(HOUSE), "DEAL_BY": "Dana"},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


# --- what is printed --------------------------------------------------------------------------------------


def test_a_statement_is_printed_with_its_lines(after):
    assert deal("statement 3 --explain", after).stdout == (
        "Statement #3, issued 2025-04-05: acme-bolt, 2025-Q1\n"
        "Acme to Bolt, USD; all that is known, recorded by #2\n"
        "\n"
        "Opening balance        0.00\n"
        "share, 2025-Q1   240,000.00\n"
        "    20% of revenue every quarter within 30 days (#1)\n"
        "    payable by 2025-04-30\n"
        "      revenue = 1,200,000, as reported\n"
        "      20% of revenue = 20% of 1,200,000 = 240,000\n"
        "Closing balance  240,000.00\n"
    )


def test_a_draft_is_the_statement_that_it_becomes(there):
    draft = deal("settle 2025-Q1", there).stdout
    issued = deal("settle 2025-Q1 --issue", there).stdout
    for number in ("#3", "#4", "#5"):
        assert f"Statement {number}: " in issued
        issued = issued.replace(f"Statement {number}: ", "Statement, draft: ")
    assert issued == draft


def test_issuing_again_records_nothing(after):
    again = deal("settle 2025-Q1 --issue", after)
    assert (again.exit_code, head(after)) == (0, 5)
    assert again.stderr == "These statements were issued before, and say the same; nothing was recorded.\n"


def test_a_statement_has_the_shape_that_was_promised(after):
    told = answer("statement 3", after)
    assert list(told) == [
        "schema", "deal", "statement", "recorded_at", "recorded_by", "from", "through", "payer", "payee", "currency",
        "net", "dated", "known", "opening", "due", "trued_up", "received", "closing", "dues", "true_ups", "receipts",
        "replaces", "digest", "head",
    ]  # fmt: skip
    assert (told["schema"], told["statement"], told["closing"]) == ("deal.statement/1", 3, "240000.00")
    assert told["dues"][0]["amount"] == "240000.00"
    assert told["head"]["position"] == 2


def test_a_settlement_lists_its_drafts(there):
    told = answer("settle 2025-Q1", there)
    assert told["schema"] == "deal.settlement/1"
    assert [(s["payer"], s["payee"], s["closing"]) for s in told["statements"]] == [
        ("Acme", "Bolt", "240000.00"),
        ("Acme", "Cargo", "1000.00"),
        ("Bolt", "Acme", "750.00"),
    ]
    assert {(s["issued"], s["differs"], s["closed"], s["statement"]) for s in told["statements"]} == {
        (None, True, False, None)
    }


def test_the_rows_of_a_statement_add_up(after):
    found = rows("statement 5", after)
    amounts = {section: [row["amount"] for row in found if row["section"] == section] for section in ("due", "closing")}
    assert amounts == {"due": ["250.00"] * 3, "closing": ["750.00"]}
    assert list(found[0]) == ["deal", "statement", "payer", "payee", "currency", "section", "says", "amount", "known"]


def test_statements_are_listed(after):
    deal("report acme-bolt revenue=1_000_000 --period 2025-Q1 --restate --dated 2025-05-01", after)
    assert deal("settle 2025-Q1 --issue --dated 2025-05-05", after).exit_code == 0
    assert deal("statement", after).stdout.splitlines()[1:] == [
        "#3         acme-bolt  2025-Q1  Acme   Bolt   USD       240,000.00  2025-04-05  #7",
        "#4         acme-bolt  2025-Q1  Acme   Cargo  USD         1,000.00  2025-04-05  -",
        "#5         acme-bolt  2025-Q1  Bolt   Acme   USD           750.00  2025-04-05  -",
        "#7         acme-bolt  2025-Q1  Acme   Bolt   USD       200,000.00  2025-05-05  -",
    ]
    assert [row["closing"] for row in answer("statement --on 2025-05-01", after)["rows"]] == [
        "240000.00", "1000.00", "750.00",
    ]  # fmt: skip


def test_a_balance_is_what_is_stated_less_what_is_paid(after):
    for command in ("pay 3 100_000 --on 2025-04-20", "pay 3 150_000 --on 2025-05-02", "pay 3 -5_000 --on 2025-05-03"):
        assert deal(command, after).exit_code == 0
    balances = {
        day: rows(f"balance acme-bolt --on {day}", after)[0] for day in ("2025-04-20", "2025-05-02", "2025-12-31")
    }
    assert [(row["owed"], row["paid"], row["open"]) for row in balances.values()] == [
        ("240000.00", "100000.00", "140000.00"),
        ("240000.00", "250000.00", "-10000.00"),
        ("240000.00", "245000.00", "-5000.00"),
    ]
    assert {row["payee"] for row in answer("balance --party Cargo", after)["rows"]} == {"Cargo"}


def test_a_change_of_what_was_stated_is_shown_in_money_before_it_is_recorded(after):
    shown = deal("report acme-bolt revenue=1_150_000 --period 2025-Q1 --restate --dry-run", after)
    assert (
        "  acme-bolt: share, 2025-Q1, Acme -> Bolt (#3): 240,000.00 becomes 230,000.00 USD (-10,000.00)\n"
        in shown.stderr
    )
    assert shown.stderr.endswith("A dry run: nothing was recorded.\n")
    assert head(after) == 5


# --- what is recorded once --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        "report acme-bolt revenue=5 --period 2025-Q2 --dated 2025-07-01 --key k",
        "rate acme-bolt EUR/USD 1.08 --period 2025-Q1 --dated 2025-04-01 --key k",
        "pay 3 100_000 --on 2025-04-20 --key k",
    ],
    ids=lambda command: command.split()[0],
)
def test_a_key_records_once(command, after):
    first, second = answer(command, after), answer(command, after)
    assert [told["entries"][0]["already"] for told in (first, second)] == [False, True]
    assert head(after) == 6
    other = deal(command.replace("1.08", "1.09").replace("=5 ", "=6 ").replace("100_000", "100_001"), after)
    assert other.exit_code == 5
    assert other.stderr == (
        "deal: The key 'k' was used by #6 with other content. Use a new key for a new instrument; if #6 is wrong, "
        "correct it.\n"
    )


@pytest.mark.parametrize(
    "command",
    [
        "report acme-bolt revenue=5 --period 2025-Q2",
        "rate acme-bolt EUR/USD 1.08 --period 2025-Q1",
        "pay 3 100_000",
        "close 2025-Q1",
    ],
    ids=lambda command: command.split()[0],
)
def test_a_dry_run_records_nothing_and_prints_what_would_be(command, after):
    done = deal(f"{command} --dry-run", after)
    assert (done.exit_code, head(after)) == (0, 5)
    (after / "lines.jsonl").write_text(done.stdout)
    assert deal("record lines.jsonl", after).exit_code == 0
    assert head(after) == 6


def test_a_period_is_closed_and_reopened(after):
    assert deal("close 2025-Q1", after).exit_code == 0
    assert deal("report acme-bolt revenue=1 --period 2025-Q1 --restate", after).exit_code == 0
    refused = deal("settle 2025-Q1 acme-bolt --issue", after)
    assert refused.exit_code == 1
    assert "2025-Q1 is closed (#6), and its statements stand." in refused.stderr
    assert deal("reopen 2025-Q1", after).exit_code == 1  # without a reason
    assert deal('reopen 2025-Q1 --reason "a late report"', after).exit_code == 0
    assert deal("settle 2025-Q1 acme-bolt --issue", after).exit_code == 0
    assert head(after) == 9


# --- exit codes -------------------------------------------------------------------------------------------

NOWHERE = (
    "There is no deal 'acme-bot' in this ledger. Did you mean acme-bolt? List the deals with: deal deals; start one "
    "with: deal open acme-bot"
)


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("settle 2025-Q1 acme-bot", 4, NOWHERE),
        ("balance acme-bot", 4, NOWHERE),
        ("report acme-bot revenue=1 --period 2025-Q1", 1, NOWHERE),
        (
            "settle 2025-Q5",
            2,
            "'2025-Q5' is not a day or a period. Write a day (2025-01-21), a month (2025-01), a quarter (2025-Q1), a "
            "half-year (2025-H1), a year (2025) or 'today'.",
        ),
        (
            "report acme-bolt revenue=many --period 2025-Q2",
            2,
            "'many' is not an amount. Write digits with a dot for decimals and, if you like, _ between thousands and "
            "k, m, bn, tn or % after them: 60m, 1.25bn, 1_200_000.50, 20%.",
        ),
        (
            "report acme-bolt revenue=1",
            2,
            "For which days revenue is reported is not said. Say it with --period 2025-Q1.",
        ),
        ("pay 2 1", 1, "#2 is no statement. List the statements with: deal statement"),
        ("statement 2", 1, "#2 is no statement. List the statements with: deal statement"),
        (
            "void 3 --reason x",
            1,
            "#3 (StatementIssued) cannot be voided: others rely on it. What has changed goes into the next statement "
            "as a true-up; while the period is not closed, deal settle --issue issues another in its place.",
        ),
        (
            "reopen 2025-Q1 --reason x",
            1,
            "No closing of this period stands, so that nothing is reopened. See what is closed with: deal log",
        ),
    ],
)  # fmt: skip
def test_a_refusal_is_a_sentence_and_a_code(command, code, said, after):
    done = deal(command, after)
    assert (done.exit_code, done.stderr, done.stdout) == (code, f"deal: {said}\n", "")


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("close 2023-Q1", "No deal was stated in 2023-Q1. Make statements with: deal settle 2023-Q1 --issue\n"),
        ("balance --on 2025-04-04", "Nothing was stated on 2025-04-04, all that is known, recorded by #5. "),
        ("statement --on 2025-04-04", "No statement was issued on 2025-04-04, all that is known, recorded by #5. "),
    ],
)
def test_nothing_to_answer_is_4(command, said, after):
    done = deal(command, after)
    assert done.exit_code == 4
    assert done.stderr.startswith(said)


def test_where_nothing_falls_due_nothing_is_settled(there):
    done = deal("settle 2023", there)
    assert (done.exit_code, done.stdout, done.stderr) == (4, "", "Nothing falls due in 2023.\n")


def test_statements_are_issued_on_all_that_is_recorded(there):
    done = deal("settle 2025-Q1 --issue --recorded #2", there)
    assert done.exit_code == 2
    assert "Statements are issued on all that is recorded. Leave --recorded out." in done.stderr


def test_a_period_that_goes_on_is_a_draft_and_no_more(there):
    year = datetime.now().astimezone().year
    assert deal(f"settle {year} acme-bolt", there).exit_code in (0, 1)
    done = deal(f"settle {year + 1} acme-bolt --issue", there)
    assert done.exit_code == 1
    assert "is not over: its last day is" in done.stderr


def test_a_statement_that_says_something_else_is_found(there):
    other = Path(shutil.copytree(there, there.with_name("other")))
    assert deal("settle 2025-Q1 --issue", other).exit_code == 0
    assert deal("statement 3 --check", other).exit_code == 0
    with Ledger(str(other / "deals.db"), "read") as ledger:
        told = ledger.entry("#3").event
    forged = replace(told, dues=(), closing=told.opening)
    with Ledger(str(there / "deals.db"), "write") as ledger:
        ledger.record([Draft("acme-bolt", replace(forged, digest=digest_of(forged)))], "Eve")
    done = deal("statement 3 --check", there)
    assert done.exit_code == 3
    assert '#3: its closing says "0.00"; its entries say "240000.00".\n' in done.stderr
    assert deal("verify", there).exit_code == 3


# --- what cannot be computed ------------------------------------------------------------------------------

NOT_COMPUTED = [
    "open unreported --party Acme --party Bolt --dated 2024-01-15 "
    '--pays "Acme -> Bolt as share: 5% of sales every month"',
    "open bound --party Acme --party Bolt --dated 2024-01-15 "
    '--pays "Acme -> Bolt as share: (unknown <= 10%) of sales every quarter"',
    "report bound sales=1_000 --period 2025-Q1",
    "open foreign --party Acme --party Bolt --dated 2024-01-15 "
    '--pays "Acme -> Bolt as share: 5% of sales every quarter"',
    'report foreign "sales[2025-Q1]=1_000 USD" "sales[2025-Q1]=200 EUR"',
    "open mixed --party Acme --party Bolt --party Cargo --dated 2024-01-15 "
    '--pays "Acme -> Bolt as share: 5% of sales every quarter" '
    '--pays "Acme -> Cargo as cut: 10% of share every quarter in EUR"',
]


def test_what_cannot_be_computed_does_not_stop_the_rest(there):
    made(there, NOT_COMPUTED)
    done = deal("settle 2025-Q1 --issue", there)
    assert done.exit_code == 1
    assert "mixed is not settled: 'cut' is paid in EUR and computed from 'share', which is paid in USD." in done.stderr
    assert "5 payments could not be computed; the lines say what is missing.\n" in done.stderr
    assert "share, 2025-Q1   240,000.00\n" in done.stdout
    for line in (
        "share, 2025-02   not computed; missing: sales for 2025-02\n",
        "share, 2025-Q1   not computed, at most 100.00",
        "share, 2025-Q1   not computed; missing: the rate EUR/USD on 2025-03-31\n",
    ):
        assert line in done.stdout
    assert len(answer("statement", there)["rows"]) == 6


def test_a_rate_that_was_missing_makes_a_true_up(there):
    made(there, NOT_COMPUTED)
    deal("settle 2025-Q1 foreign --issue", there)
    made(there, ["rate foreign EUR/USD 1.10 --on 2025-03-31", "report foreign sales=0 --period 2025-Q2"])
    done = deal("settle 2025-Q2 foreign", there)
    assert "    not stated before, now 61.00\n    61.00 by #10 RateRecorded, dated " in done.stdout
    assert done.stdout.endswith("Closing balance            61.00\n")


def test_a_closed_deal_does_not_stop_the_rest(after):
    made(after, [
        "close 2025-Q1",
        "report acme-bolt revenue=1_000_000 --period 2025-Q1 --restate",
        'open nur --party Acme --party Nur --dated 2024-01-15 --pays "Acme -> Nur as fee: 10 every quarter"',
    ])  # fmt: skip
    done = deal("settle 2025-Q1 --issue", after)
    assert done.exit_code == 0
    assert done.stderr == (
        "1 statement issued. Print one again with: deal statement 9\n"
        "nur: before 2025-01-01 fell due, and is in no statement:\n"
        "  fee, 2024-Q1, Acme -> Nur: 10.00 USD\n"
        "  fee, 2024-Q2, Acme -> Nur: 10.00 USD\n"
        "  fee, 2024-Q3, Acme -> Nur: 10.00 USD\n"
        "  fee, 2024-Q4, Acme -> Nur: 10.00 USD\n"
        "State it with: --include-earlier; or say where it was settled: --settled-elsewhere REASON\n"
        "acme-bolt, Acme -> Bolt, USD: The period is closed (#6): what differs goes into the next statement as a "
        "true-up.\n"
    )


# --- names, pages -----------------------------------------------------------------------------------------

NUR = "شركة النور"
SHARP = 'Bolt <script>alert("1")</script> & Söhne'


class Page(HTMLParser):
    """Reads a page strictly: every tag is closed in order, and nothing is fetched or run."""

    VOID = ("meta", "br")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        assert not any(name in ("src", "href", "onload", "onclick", "style") for name, _ in attrs)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.fixture(scope="module")
def paged(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("pages")
    parties = " ".join(f"--party {shlex.quote(name)}" for name in (NUR, SHARP))
    flow = shlex.quote(f"{NUR} -> {SHARP} as رسوم: 20% of revenue every quarter")
    made(folder, [
        "init",
        f"open nur {parties} --title {shlex.quote(f'{NUR} </title><b>')} --dated 2024-01-15 --pays {flow}",
        "report nur revenue=1_000 --period 2025-Q1 --dim " + shlex.quote("app=<img src=x>"),
        "settle 2025-Q1 --issue",
    ])  # fmt: skip
    assert NUR in deal("balance", folder).stdout
    assert answer("balance", folder)["rows"][0]["payee"] == SHARP
    done = deal("statement 3 --html", folder)
    assert done.exit_code == 0
    return done.stdout


def test_the_page_is_well_formed_and_fetches_and_runs_nothing(paged):
    page = Page()
    page.feed(paged)
    page.close()
    assert page.open == []
    assert not {"script", "img", "link", "iframe", "b"} & set(page.seen)
    assert "url(" not in paged
    assert "@import" not in paged
    assert "http" not in paged.replace("http-equiv", "")


def test_the_page_says_every_name_as_it_is(paged):
    page = Page()
    page.feed(paged)
    text = "".join(page.texts)
    assert SHARP in text
    assert f"{NUR} </title><b>" in text
    assert "200.00" in text
    assert "<bdi>شركة النور</bdi>" in paged
    assert "<bdi>رسوم</bdi>" in paged


@pytest.mark.skipif(shutil.which("chromium") is None, reason="there is no browser here")
def test_a_browser_shows_the_page(paged, tmp_path):
    (tmp_path / "page.html").write_text(paged)
    flags = ("--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom")
    shown = subprocess.run(
        ["chromium", *flags, f"file://{tmp_path / 'page.html'}"], capture_output=True, text=True, timeout=60, check=True
    )
    assert '<tr class="closing">' in shown.stdout
    assert "<script" not in shown.stdout


# --- processes --------------------------------------------------------------------------------------------


def test_of_two_processes_that_issue_at_once_one_does(there):
    both = [process(there, "settle", "2025-Q1", "--issue") for _ in range(2)]
    said = [running.communicate() for running in both]
    codes = sorted(running.returncode for running in both)
    assert head(there) == 5
    assert codes in ([0, 0], [0, 5])
    late = [err for (_, err), running in zip(said, both, strict=True) if running.returncode == 5]
    assert all("Settle again." in err or "in the meantime" in err for err in late)
    assert sum("3 statements issued" in err for _, err in said) == 1
    assert deal("verify", there).exit_code == 0


@pytest.mark.parametrize("seconds", [0.25, 0.4, 0.55])
def test_an_interrupted_issue_leaves_all_or_nothing(seconds, there):
    running = process(there, "settle", "2025-Q1", "--issue")
    time.sleep(seconds)
    running.send_signal(signal.SIGINT)
    running.communicate()
    assert head(there) in (2, 5)
    assert deal("settle 2025-Q1 --issue", there).exit_code == 0
    assert head(there) == 5
    assert deal("verify", there).exit_code == 0


def test_who_may_only_read_settles_and_issues_nothing(there):
    assert deal("settle 2025-Q1 --issue", there).exit_code == 0  # so that all is imported, which others may not read
    with TemporaryDirectory() as name:  # unlike those of pytest, others may look into it
        folder = made(Path(name), GIVEN)
        (folder / "deals.db").chmod(0o444)
        folder.chmod(0o555)
        draft, issue = (as_nobody(command, folder) for command in ("settle 2025-Q1", "settle 2025-Q1 --issue"))
        folder.chmod(0o755)
        assert head(folder) == 2
    assert draft.startswith("0 Issue it with: ")
    assert issue == (
        "1 deal: The ledger at deals.db cannot be written: you may only read it. Ask for write permission on the file "
        "and its folder, or work on a copy; questions can be asked as it is.\n"
    )


def as_nobody(command: str, folder: Path) -> str:
    """The exit code of a command and what it tells, run by a user who is not root: root may write everywhere."""
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
        done = deal(command, folder)
        os.write(into, f"{done.exit_code} {done.stderr}".encode())
        os._exit(0)
    os.close(into)
    os.waitpid(child, 0)
    with os.fdopen(out) as pipe:
        return pipe.read()


# --- what people do, and should not be made to pay for ----------------------------------------------------


@pytest.mark.parametrize(
    ("command", "code", "sentence"),
    [
        (
            "settle 2025-Q1 --issue --dated 2025-01-15",
            1,
            "The statement of Acme -> Bolt, USD cannot bear the day 2025-01-15: its period ends on 2025-03-31. "
            "Say with --dated on which day it is issued, or leave it out for today.\n",
        ),
        (
            "report --file head.csv",
            1,
            "deal: head.csv has no rows: nothing was reported. That there was nothing is said as 0.\n",
        ),
        (
            "report --file mixed.csv",
            1,
            "deal: mixed.csv has lines of sales for acme-bolt without dimensions (row 3) and by product (row 2): "
            "they could be parts of one another or not. Fill in what is missing, or leave the column out with "
            "'ignore' in a mapping.\n",
        ),
    ],
)
def test_what_would_be_wrong_money_is_refused(command, code, sentence, there):
    (there / "head.csv").write_text("deal,day,measure,amount\n")
    (there / "mixed.csv").write_text(
        "deal,day,measure,amount,product\nacme-bolt,2025-04-01,sales,1,api\nacme-bolt,2025-04-01,sales,1,\n"
    )
    done = deal(command, there)
    assert done.exit_code == code
    assert sentence in done.stderr
    assert deal("log acme-bolt", there).stdout.count("recorded 20") == 2


def test_a_statement_is_not_dated_before_the_one_before_it(after):
    done = deal("settle 2025-Q2 --issue --dated 2025-07-01", after)
    assert done.exit_code == 0
    again = deal("settle 2025-Q3 --issue --dated 2025-10-01", after)
    assert again.exit_code == 0
    early = deal("report acme-bolt revenue=5 --period 2025-Q3 --dated 2025-11-01", after)
    assert early.exit_code == 0
    done = deal("settle 2025-Q3 acme-bolt --issue --dated 2025-10-01", after)
    assert done.exit_code == 0  # on the same day it may take the other's place


def test_a_period_that_was_skipped_is_a_line_that_says_what_is_missing(after):
    done = deal("settle 2025-Q3 acme-bolt", after)
    assert "True-up of share, 2025-Q2" in done.stdout
    assert "    missing: revenue for 2025-Q2\n" in done.stdout


def test_a_payment_has_one_day(after):
    done = deal("pay 3 5 --on 2025-05-01 --dated 2025-05-02", after)
    assert done.exit_code == 2
    assert "A payment is dated on its day. Give --on or --dated, not both." in done.stderr


def test_a_folder_is_no_ledger(tmp_path):
    done = deal("balance --ledger .", tmp_path)
    assert done.exit_code == 1
    assert done.stderr.startswith("deal: ")


def test_a_measure_that_no_terms_use_is_said(there):
    done = deal("report acme-bolt revenu=5 --period 2025-Q2", there)
    assert done.exit_code == 0
    assert done.stderr.startswith(
        "No terms of acme-bolt use 'revenu', so that it changes nothing that is owed. Did you mean revenue?\n"
    )


@pytest.mark.parametrize(
    ("flows", "said", "bounds"),
    [
        (["unknown >= 20% of v"], "without 1 amount not computed, with it at least 300.00", (1, "300.00", None)),
        (["unknown >= 20% of v", "10% of r"], "without 2 amounts not computed", (2, None, None)),
        (["unknown <= 10% of v"], "without 1 amount not computed, with it at most 200.00", (1, None, "200.00")),
        (["10% of r"], "without 1 amount not computed", (1, None, None)),
        (["10% of v"], None, None),
    ],
)  # fmt: skip
def test_a_closing_balance_says_what_it_leaves_out_and_its_bounds(flows, said, bounds, tmp_path):
    pays = "".join(f' --pays "A -> B as c{n}: {text} every quarter"' for n, text in enumerate(flows))
    opening = f'open x --party A --party B --dated 2025-01-01 --pays "A -> B as fee: 100 every quarter"{pays}'
    made(tmp_path, ["init", opening, "report x v[2025-Q1]=1000"])
    lines = deal("settle 2025-Q1 x", tmp_path).stdout.splitlines()
    closing = next(n for n, text in enumerate(lines) if text.startswith("Closing balance"))
    assert lines[closing + 1 :] == ([f"    {said}"] if said else [])
    [told] = answer("settle 2025-Q1 x", tmp_path)["statements"]
    found = told.get("not_computed")
    assert (tuple(found.values()) if found else None) == bounds


# --- slips of the hand ------------------------------------------------------------------------------------


def test_a_payment_that_is_told_twice_or_too_large_is_said_and_recorded(after):
    assert deal("pay 3 240_000 --on 2025-04-20", after).stderr.startswith("#6 recorded")
    done = deal("pay 3 240_000 --on 2025-04-20", after)
    assert done.exit_code == 0
    assert done.stderr.splitlines()[:2] == [
        "#6 is a payment of 240,000 USD on 2025-04-20 for the same statement. If it is the same one, void one of them.",
        "With it, Acme -> Bolt, USD is paid 240,000 USD beyond what was stated.",
    ]
    assert deal("pay 3 -239_000 --on 2025-04-21", after).stderr.startswith(
        "#8 recorded"
    )  # sent back: nothing is beyond


def test_what_is_paid_back_is_said_to_be_too_much_only_past_what_was_paid(after):
    deal("pay 3 100_000 --on 2025-04-20", after)
    assert "beyond" not in deal("pay 3 -40_000 --on 2025-04-21", after).stderr
    assert (
        "With it, Acme -> Bolt, USD is paid back 5,000 USD beyond what was paid.\n"
        in deal("pay 3 -65_000 --on 2025-04-22", after).stderr
    )
    assert "beyond" not in deal("pay 3 245_000 --on 2025-04-23", after).stderr
    said = "With it, Acme -> Bolt, USD is paid 0.01 USD beyond what was stated.\n"
    assert said in deal("pay 3 0.01 --on 2025-04-24", after).stderr


def test_voiding_and_correcting_a_payment_show_what_becomes_of_it(after):
    deal("pay 3 100_000 --on 2025-04-20", after)
    first, second = "100,000.00 USD on 2025-04-20", "10,000.00 USD on 2025-04-21"
    done = deal("correct 6 --reason typo --amount 10_000 --dated 2025-04-21", after)
    said = "This changes what was paid:\n  acme-bolt: the payment"
    assert f"{said} #6, {first}, becomes {second}\n" in done.stderr
    assert f"{said} #7, {second}, becomes {first}\n" in deal("void 7 --reason wrong --dry-run", after).stderr
    deal("pay 3 5 --on 2025-05-20", after)
    assert f"{said} #8, 5.00 USD on 2025-05-20, becomes nothing\n" in deal("void 8 --reason twice", after).stderr


def test_a_currency_that_is_in_no_list_and_a_rate_that_is_there_already_are_said(there):
    done = deal("report acme-bolt revenue=5 --currency EUT --period 2025-Q2", there)
    assert done.stderr.startswith(
        "'EUT' is not in the list of currencies (ISO 4217). It is taken as it is, with two places.\n"
    )
    assert deal("rate acme-bolt EUR/USD 1.08 --period 2025-Q1", there).stderr.startswith("#4 recorded")
    done = deal("rate acme-bolt EUR/USD 1.09 --period 2025-Q1", there)
    assert done.stderr.startswith(
        "#4 says EUR/USD for 2025-Q1 already: 1.08. Of two for the same days the one dated last counts; void the wrong "
        "one.\n"
    )
    assert deal("rate acme-bolt EUR/DEM 1.95583 --on 1999-01-01", there).stderr.startswith("#6 recorded")


def test_members_of_a_pool_are_rows_of_their_own_in_csv(tmp_path):
    made(tmp_path, [
        "init",
        "open acme-makers --party Acme --party Bolt --party Nord --pool 'makers: Bolt 60%, Nord' --dated 2024-01-15 "
        '--pays "Acme -> makers as share: 20% of revenue every quarter"',
        "report acme-makers revenue=100 --period 2025-Q1 --dated 2025-04-02",
        "settle 2025-Q1 --issue --dated 2025-04-05",
        "report acme-makers revenue=110 --period 2025-Q1 --restate --dated 2025-04-06",
        "report acme-makers revenue=0 --period 2025-Q2 --dated 2025-07-06",
        "settle 2025-Q2 --issue --dated 2025-07-07",
    ])  # fmt: skip
    first, second = (rows(f"statement {number}", tmp_path) for number in (3, 6))
    shown = [(row["section"], row["says"], row["amount"], row["known"]) for row in first[1:3]]
    assert shown == [("due", "share, 2025-Q1", "20.00", ""), ("member", "share, 2025-Q1: Bolt (60%)", "12.00", "")]
    shown = [(row["says"], row["amount"], row["known"]) for row in second if row["section"] == "member"]
    true_up = "True-up of share, 2025-Q1"
    assert shown[-2:] == [(f"{true_up}: Bolt (60%)", "1.20", ""), (f"{true_up}: Nord", "", "unknown")]


def test_a_part_that_was_forgotten_is_shown_in_money_before_it_is_recorded(tmp_path):
    made(tmp_path, [
        "init",
        "open acme-makers --party Acme --party Bolt --party Nord --pool 'makers: Bolt 60%' --dated 2024-01-15 "
        '--pays "Acme -> makers as share: 20% of revenue every quarter"',
        "report acme-makers revenue=1000 --period 2025-Q1 --dated 2025-04-02",
        "settle 2025-Q1 --issue --dated 2025-04-05",
    ])  # fmt: skip
    done = deal("partner add acme-makers Nord --pool makers --part 40% --from 2025-01-01 --dated 2025-04-06", tmp_path)
    assert (
        "This changes what was stated; the next statement carries the difference:\n  acme-makers: share, 2025-Q1, "
        "Acme -> makers (#3): 200.00 becomes 200.00 USD (+0.00), of which Nord +80.00\n"
    ) in done.stderr
    deal("report acme-makers revenue=0 --period 2025-Q2 --dated 2025-07-02", tmp_path)
    assert "    of which Nord (40%): 80.00\n" in deal("settle 2025-Q2 --issue --dated 2025-07-07", tmp_path).stdout
    assert deal("statement 6 --check", tmp_path).stdout == "#6 says what its entries say.\n"
    assert deal("verify", tmp_path).exit_code == 0


def test_who_tells_the_same_payment_at_the_same_time_has_to_look(after):
    draft = draft_of({"event": "pay", "deal": "acme-bolt", "statement": "#3", "amount": "100", "dated": "2025-04-20"})
    ready = "import cli.settle, ledger.application; print('ready', flush=True); "
    with Ledger(str(after / "deals.db")) as ledger:
        [told] = ledger.tell([draft]).told
        stored = [ledger.mapper.to_stored_event(told.entry)]
        both: list[subprocess.Popen[str]] = []

        def meanwhile() -> tuple[list[StoredEvent], list[str | None]]:
            """While it is our turn, somebody tells the same payment, and another one a fee; both wait for us."""
            for words in (("pay", "3", "100", "--on", "2025-04-20"), ("pay", "3", "90", "--on", "2025-04-21")):
                both.append(process(after, *words, before=ready))
                assert both[-1].stdout.readline() == "ready\n"
            time.sleep(2)
            return stored, [None]

        ledger.entries.append_made(meanwhile, "Theo")
    said = [running.communicate()[1] for running in both]
    assert [running.returncode for running in both] == [5, 0], said
    assert "Somebody else recorded something about acme-bolt in the meantime; nothing of this was recorded." in said[0]
    assert said[1].startswith("Somebody else recorded something about acme-bolt in the meantime; this comes after it.")
    assert head(after) == 7
