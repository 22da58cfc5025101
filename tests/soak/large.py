"""A ledger so large that nothing may depend on its size: time per entry and memory, against one a hundredth of it.

    python -m tests.soak.large --entries 10000000

Every row is a process of its own, whose own peak of memory is measured. What a row costs is given per entry where it
reads all of them, and per question where it does not: in seconds of the processor, which do not change with what else
the machine does in those hours. What the clock said of the large ledger stands beside it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from tests.soak.report import aligned

HOUSE = Path(__file__).parents[2]
DEAL = "import sys; from cli.main import main; main(sys.argv[1:], prog_name='deal')"
FILL = (
    "import sys; from pathlib import Path; from tests.benchmarks.generator import Shape, fill; "
    "fill(Path(sys.argv[1]), Shape.of(int(sys.argv[2])))"
)
# One entry a transaction, to deals all over the ledger.
APPEND = """
import sys
from ledger.application import Ledger
from ledger.form import draft_of
with Ledger(sys.argv[1]) as ledger:
    deals = max(1, int(sys.argv[3]) // 50)
    for number in range(int(sys.argv[2])):
        deal = f"deal-{number * 7919 % deals + 1:06}"
        said = {"event": "affirm", "deal": deal, "dated": "2024-12-31"}
        ledger.record([draft_of({**said, "statement": f"statement {number}"})], "soak")
"""
APPENDS, SHOWS = 1_000, 5
BYTES_AN_ENTRY = 3_000  # of disk at the peak: the ledger, its projection, the copy that verify makes, the bundle
FLAT = 1.5  # times as much per entry or question as in the small ledger: the rest is what the caches no longer hold


@dataclass(frozen=True, slots=True)
class Run:
    """A process that ended well: seconds of the processor and of the clock, and the peak of its memory in MiB."""

    seconds: float
    clock: float
    peak: float


@dataclass(frozen=True, slots=True)
class Step:
    """A row of the table: what is run on a ledger's path, how often, and whether its cost is one per entry."""

    work: str
    arguments: Callable[[Path], Sequence[str]]
    per_entry: bool
    times: int = 1
    within: int = 1  # how many questions one process asks


def _deal(*words: str) -> Callable[[Path], Sequence[str]]:
    return lambda path: (DEAL, *words, "--ledger", str(path))


STEPS = (
    Step(
        "append, one by one",
        lambda path: (APPEND, str(path), str(APPENDS), path.stem.removeprefix("ledger-")),
        False,
        within=APPENDS,
    ),
    Step("show a deal", _deal("show", "deal-000007", "--on", "2024-06-30"), False, SHOWS),
    Step("log of a deal", _deal("log", "deal-000007", "--json"), False, SHOWS),
    Step("share, first (projects)", _deal("share", "--on", "2024-06-30", "--csv"), True),
    Step("share, again", _deal("share", "--on", "2024-06-30", "--csv"), True),
    Step("share of a deal", _deal("share", "--deal", "deal-000007", "--on", "2024-06-30"), False, SHOWS),
    Step("verify", _deal("verify"), True),
    Step("replay", _deal("replay"), True),
    Step("bundle", lambda path: (DEAL, "bundle", "-o", f"{path}.zip", "--ledger", str(path)), True),
    Step("export", _deal("export"), True),
)


def run(code: str, *arguments: str) -> Run:
    """Runs Python code in a process of its own; what it answers is thrown away."""
    environment = {**os.environ, "PYTHONPATH": str(HOUSE)}
    start = perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments], cwd=HOUSE, env=environment, stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{arguments} ended with {process.returncode}")
    return Run(usage.ru_utime + usage.ru_stime, perf_counter() - start, usage.ru_maxrss / 1024)


def fill(folder: Path, entries: int) -> tuple[Path, Run]:
    """A ledger of about so many entries, 50 a deal."""
    path = folder / f"ledger-{entries}.db"
    return path, Run(0, 0, 0) if path.exists() else run(FILL, str(path), str(entries))


def measured(path: Path, step: Step) -> Run:
    """The fastest of its runs, and the largest."""
    runs = [run(*step.arguments(path)) for _ in range(step.times)]
    Path(f"{path}.zip").unlink(missing_ok=True)
    seconds, clock = (min(getattr(each, name) for each in runs) / step.within for name in ("seconds", "clock"))
    return Run(seconds, clock, max(each.peak for each in runs))


def compared(step: Step, sizes: Sequence[int], runs: Sequence[Run]) -> tuple[str, ...]:
    """A row: each size's cost and memory, and how many times the small one's the large one's are."""
    parts = [r.seconds / size if step.per_entry else r.seconds for r, size in zip(runs, sizes, strict=True)]
    unit, scale = ("µs an entry", 1_000_000) if step.per_entry else ("ms", 1_000)
    costs = [f"{part * scale:,.1f} {unit}" for part in parts]
    times = parts[-1] / parts[0] if parts[0] else 1
    memory = runs[-1].peak / runs[0].peak if runs[0].peak else 1
    said = "flat" if times <= FLAT else "NOT FLAT"
    clock = f"{runs[-1].clock:,.3f} s"
    return step.work, *costs, f"{times:.2f} x {said}", clock, *(f"{r.peak:,.0f} MiB" for r in runs), f"{memory:.2f} x"


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak.large", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--entries", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path, help="keep the ledgers here, and find them here again")
    parser.add_argument("--steps", nargs="+", help="only the rows whose names start so")
    given = parser.parse_args()
    sizes = (max(1_000, given.entries // 100), given.entries)
    with tempfile.TemporaryDirectory() as own:
        folder = given.folder or Path(own)
        free = shutil.disk_usage(folder).free
        if free < given.entries * BYTES_AN_ENTRY:
            raise SystemExit(f"{folder} has {free:,} bytes left; this takes {given.entries * BYTES_AN_ENTRY:,}.")
        os.environ["TMPDIR"] = str(folder)  # where verify makes its copy, and SQLite sorts
        each = [f"{size:,}" for size in sizes]
        header = ["WORK", *each, "TIMES", f"CLOCK AT {each[-1]}", *(f"AT {size}" for size in each), "MEMORY"]
        made = [fill(folder, size) for size in sizes]
        rows = [compared(Step("fill", lambda _: (), True), sizes, [filled for _, filled in made])]
        for step in STEPS:
            if not given.steps or any(step.work.startswith(name) for name in given.steps):
                rows.append(compared(step, sizes, [measured(path, step) for path, _ in made]))
                print("… " + "  ".join(rows[-1]), file=sys.stderr, flush=True)
        print(aligned([header, *rows]))


if __name__ == "__main__":
    main()
