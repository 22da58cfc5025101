"""The house rules as tests: imports one way, no float near money, small files and functions, no clock in the rules."""

from __future__ import annotations

import ast
from itertools import pairwise
from pathlib import Path

import pytest

HOUSE = Path(__file__).parent.parent

# A room imports only from the rooms above it.
ROOMS = [
    "ledger.errors",
    "ledger.files",
    "ledger.calendar",
    "ledger.money",
    "ledger.language.formula",
    "ledger.computing.amended",
    "ledger.language.terms",
    "ledger.language.tokens",
    "ledger.language.habits",
    "ledger.language.reader",
    "ledger.language.functions",
    "ledger.language.grammar",
    "ledger.language.heads",
    "ledger.language.printer",
    "ledger.language.notation",
    "ledger.computing.versions",
    "ledger.computing.numbers",
    "ledger.computing.missing",
    "ledger.computing.series",
    "ledger.computing.reported",
    "ledger.computing.lines",
    "ledger.computing.windows",
    "ledger.computing.natures",
    "ledger.computing.moment",
    "ledger.computing.run",
    "ledger.computing.checking",
    "ledger.computing.measured",
    "ledger.computing.linear",
    "ledger.computing.openings",
    "ledger.computing.running",
    "ledger.computing.counters",
    "ledger.computing.limits",
    "ledger.computing.products",
    "ledger.computing.operators",
    "ledger.computing.members",
    "ledger.computing.payments",
    "ledger.computing.periods",
    "ledger.computing.evaluation",
    "ledger.computing.quotation",
    "ledger.computing.teller",
    "ledger.computing.told_counters",
    "ledger.computing.explanation",
    "ledger.events",
    "ledger.entry",
    "ledger.timeline",
    "ledger.term",
    "ledger.rule",
    "ledger.figures",
    "ledger.accounts",
    "ledger.reports",
    "ledger.bookings",
    "ledger.clauses",
    "ledger.computing.sheet",
    "ledger.changes",
    "ledger.fields",
    "ledger.parts",
    "ledger.names",
    "ledger.said",
    "ledger.uses",
    "ledger.standing",
    "ledger.endings",
    "ledger.sums",
    "ledger.circles",
    "ledger.checks",
    "ledger.computing.reading",
    "ledger.undoing",
    "ledger.deal",
    "ledger.merkle",
    "ledger.address",
    "ledger.tables",
    "ledger.place",
    "ledger.sqlite",
    "ledger.postgres_guards",
    "ledger.postgres_catalog",
    "ledger.postgres_keeper",
    "ledger.postgres_refusals",
    "ledger.grants",
    "ledger.postgres",
    "ledger.database",
    "ledger.mapper",
    "ledger.tree",
    "ledger.checkpoint",
    "ledger.signing",
    "ledger.attachments",
    "ledger.statements",
    "ledger.outcome",
    "ledger.store",
    "ledger.following",
    "ledger.standby",
    "ledger.hints",
    "ledger.batch",
    "ledger.application",
    "ledger.vouchers",
    "ledger.form",
    "ledger.exchange",
    "ledger.importing",
    "ledger.copying",
    "ledger.cloudevents",
    "projections.point",
    "projections.state",
    "projections.lines",
    "projections.settlement.reported",
    "projections.settlement.dues",
    "projections.settlement.trueups",
    "projections.settlement.drafts",
    "projections.quoted",
    "projections.settlement.earlier",
    "projections.settlement.restatements",
    "projections.settlement.uncomputed",
    "projections.settlement.statements",
    "projections.settlement.restated",
    "projections.settlement.balance",
    "projections.settlement.closing",
    "projections.settlement.page",
    "projections.revenue.taken",
    "projections.revenue.segments",
    "projections.revenue.columns",
    "projections.revenue.file",
    "projections.revenue.gate",
    "projections.revenue.rows",
    "projections.revenue.tally",
    "projections.revenue.plain",
    "projections.revenue.engine",
    "projections.revenue.relations",
    "projections.revenue.summing",
    "projections.revenue.staging",
    "projections.revenue.duck",
    "projections.revenue.parquet",
    "projections.revenue.postgres",
    "projections.revenue.spark",
    "projections.revenue.engines",
    "projections.revenue.take",
    "projections.settlement.cuts",
    "projections.settlement.unlisted",
    "projections.settlement.filing",
    "projections.revenue.conformance",
    "projections.base",
    "projections.shares_tables",
    "projections.shares",
    "projections.touched",
    "projections.portfolio",
    "projections.booked",
    "projections.history",
    "projections.why",
    "projections.diff",
    "projections.upcoming",
    "projections.fitting",
    "projections.stored",
    "projections.audit",
    "projections.mirror",
    "projections.replay",
    "projections.proof",
    "projections.check.apart",
    "projections.check.hashes",
    "projections.check.ed25519",
    "projections.check.findings",
    "projections.check.note",
    "projections.check.rule",
    "projections.check.statement",
    "projections.check.contents",
    "projections.check.inspection",
    "projections.check.script",
    "projections.assembled",
    "projections.bundle",
    "projections.verification",
    "cli.measures",
    "cli.rows",
    "cli.render",
    "cli.terminal",
    "cli.options",
    "cli.signers",
    "cli.quote",
    "cli.terms",
    "cli.engine",
    "cli.beside",
    "cli.enter",
    "cli.start",
    "cli.entry",
    "cli.mend",
    "cli.report",
    "cli.statement",
    "cli.settle",
    "cli.record",
    "cli.ask",
    "cli.trace",
    "cli.check",
    "cli.prove",
    "cli.replay",
    "cli.servers",
    "cli.watch",
    "cli.main",
    "cli.demo",
]

LONGER_FILES = {
    "ledger/errors.py": "every refusal stands in one file, so that their voice stays one",
    "ledger/language/formula.py": "every kind of formula, a few lines each: the table of contents of the language",
    "ledger/events.py": "every event stands in one file: it is the table of contents",
}
FILE_LINES = 300
FUNCTION_LINES = 40

CLOCKS = {
    "ledger/following.py": "it waits for entries",
    "ledger/outcome.py": "it waits for a server to come back",
    "ledger/store.py": "utc_now is the clock that is handed in, and a subscription waits",
    "cli/options.py": "the command line knows today",
    "cli/quote.py": "the command line knows today",
}


def sources() -> list[Path]:
    return sorted(path for folder in ("ledger", "projections", "cli") for path in (HOUSE / folder).rglob("*.py"))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def room(path: Path) -> str:
    return ".".join(path.relative_to(HOUSE).with_suffix("").parts)


def name(path: Path) -> str:
    return path.relative_to(HOUSE).as_posix()


def imported(path: Path) -> set[str]:
    """The rooms that a file imports."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found & set(ROOMS)


def test_every_room_has_its_place():
    assert {room(path) for path in sources() if path.name != "__init__.py"} == set(ROOMS)


@pytest.mark.parametrize("path", sources(), ids=name)
def test_imports_go_one_way(path: Path):
    if path.name == "__init__.py":
        assert not imported(path)
        return
    # The command group names its commands' rooms as text and the demo runs the group: those two are of one storey.
    own = ROOMS.index(room(path))
    assert [other for other in imported(path) if ROOMS.index(other) >= own] == []


def test_the_storeys_stand_in_order():
    storeys = [room.split(".")[0] for room in ROOMS]
    assert [a for a, b in pairwise(storeys) if a != b] == ["ledger", "projections"]


@pytest.mark.parametrize("path", sources(), ids=name)
def test_no_float_comes_near_money(path: Path):
    floats = [
        node.lineno
        for node in ast.walk(tree(path))
        if (isinstance(node, ast.Name) and node.id == "float")
        or (isinstance(node, ast.Constant) and isinstance(node.value, float))
    ]
    assert floats == []


@pytest.mark.parametrize("path", sources(), ids=name)
def test_files_are_about_one_noun(path: Path):
    if name(path) not in LONGER_FILES:
        assert len(path.read_text().splitlines()) <= FILE_LINES


def test_exceptions_are_still_needed():
    short = [file for file in LONGER_FILES if len((HOUSE / file).read_text().splitlines()) <= FILE_LINES]
    assert short == []


@pytest.mark.parametrize("path", sources(), ids=name)
def test_functions_are_short(path: Path):
    """Lines of a function's body, without its docstring."""
    long = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef):
            first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
            if (node.end_lineno or 0) - first.lineno >= FUNCTION_LINES:
                long.append(node.name)
    assert long == []


@pytest.mark.parametrize("path", sources(), ids=name)
def test_same_history_same_answer(path: Path):
    """No clock and no chance in the rules: the clock is handed in once."""
    calls = {ast.unparse(node.func) for node in ast.walk(tree(path)) if isinstance(node, ast.Call)}
    modules = {alias.name for node in ast.walk(tree(path)) if isinstance(node, ast.Import) for alias in node.names}
    found = {call for call in calls if call.endswith((".now", ".today", ".utcnow", "time.time", "time.sleep"))}
    found |= modules & {"random", "socket", "secrets", "urllib.request"}
    assert name(path) in CLOCKS or not found


@pytest.mark.parametrize("path", [path for path in sources() if name(path).startswith("cli/")], ids=name)
def test_one_file_writes_what_the_commands_answer(path: Path):
    """So that there is one guard against formulas in a CSV, and one against what a terminal would obey."""
    writers = ("csv.writer", "csv.DictWriter", "click.echo", "click.secho", "print", "sys.stdout.write")
    calls = {ast.unparse(node.func) for node in ast.walk(tree(path)) if isinstance(node, ast.Call)}
    assert name(path) in ("cli/render.py", "cli/terminal.py") or not calls.intersection(writers)
