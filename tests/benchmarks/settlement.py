"""A whole settlement from a file of revenue lines, beside DuckDB's bare group-by of the same columns.

python -m tests.benchmarks.settlement --lines 10000000 --deals 2000

The lines of a year are added up along the terms of every deal (each amended once, inside a month), become a report of
each, and every payment of the year is computed. Nothing is recorded in between; what recording and issuing
take is printed after it. Medians of runs in turns; look at the ratios.
"""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median

from ledger.application import Ledger
from ledger.batch import Draft, uncollected
from ledger.calendar import Span
from ledger.entry import Entry
from ledger.form import draft_of
from projections.revenue.take import take
from projections.settlement.drafts import Draft as Statement
from projections.settlement.drafts import settle
from projections.settlement.earlier import settle_all
from projections.settlement.filing import Filing
from tests.benchmarks import lines as generated
from tests.benchmarks.rows import peak_kibibytes

NOW = datetime(2026, 2, 1, 12, tzinfo=UTC)
YEAR = Span(date(2025, 1, 1), date(2026, 1, 1))
TERMS = (
    "20% of revenue every quarter",
    "tiers(revenue per year: 6.5% to 750k, 8% to 1.25m, 10% above) every quarter",
    "cap(5% of revenue, 400k per year) every quarter",
    "15% of (revenue + returns) every quarter",
)


def open_deals(ledger: Ledger, deals: int) -> None:
    """Every deal is amended once, on a day of its own, to the terms of another kind of contract."""
    forms = []
    for n in range(deals):
        head = {"deal": f"deal-{n:06}", "party": ["Licensee", "Licensor"], "term": "2025..2027"}
        pays = f"Licensee -> Licensor as share: {TERMS[n % 4]}"
        forms.append({**head, "event": "open", "dated": "2025-01-01", "pays": pays})
        day = date(2025, 1, 1) + timedelta(days=n % 365)
        pays = f"Licensee -> Licensor as share: {TERMS[(n + 1) % 4]}"
        forms.append({"event": "amend", "deal": head["deal"], "dated": day.isoformat(), "pays": pays})
    ledger.record([draft_of(form) for form in forms], by="desk")


def whole(ledger: Ledger, path: Path) -> tuple[float, float, float, int]:
    """Seconds of adding up, of making reports of it, and of computing what is owed; and how many payments."""
    start = time.perf_counter()
    filing = Filing(ledger)
    taken = take(path, cuts=filing.cuts, by="segment")
    added = time.perf_counter()
    drafts = filing.drafts(taken, {"dated": date(2026, 1, 2)})
    filed = time.perf_counter()
    with uncollected():  # as `deal settle` does
        payments = sum(len(one.statement.dues) for draft in drafts for one in owed(ledger, filing, draft))
    return added - start, filed - added, time.perf_counter() - filed, payments


def owed(ledger: Ledger, filing: Filing, draft: Draft) -> list[Statement]:
    """What a deal owes for the year, its report not recorded yet."""
    entries = ledger.entries.entries_of(draft.deal)
    told = [*entries, Entry(draft.deal, len(entries) + 1, draft.event)]  # type: ignore[arg-type]
    return settle(draft.deal, told, YEAR, filing.point, ledger.today, explained=False)


def recorded(ledger: Ledger, path: Path) -> None:
    """The same for good: reports recorded, statements computed with their arithmetic, and issued."""
    filing = Filing(ledger)
    drafts = filing.drafts(take(path, cuts=filing.cuts, by="segment"), {"dated": date(2026, 1, 2)})
    start = time.perf_counter()
    ledger.record(drafts, by="desk")
    reported = time.perf_counter()
    point = Filing(ledger).point
    with uncollected():
        statements = [one for one in settle_all(ledger, YEAR, point) if isinstance(one, Statement)]
    settled = time.perf_counter()
    ledger.record([Draft(one.deal, one.statement) for one in statements], by="desk")
    print(f"  recording the reports     {reported - start:8.2f} s   {len(drafts):,} entries")
    print(f"  statements, explained     {settled - reported:8.2f} s   {len(statements):,} statements")
    print(f"  issuing them              {time.perf_counter() - settled:8.2f} s", flush=True)


def report(lines: int, deals: int, order: str, runs: int, folder: Path) -> None:
    path = folder / f"{lines}-{deals}-{order}.parquet"
    if not path.exists():
        generated.write(path, lines, deals, order)
    with tempfile.TemporaryDirectory() as own, Ledger(f"{own}/deals.db", "create", clock=lambda: NOW) as ledger:
        open_deals(ledger, deals)
        alone, parts = [], []
        for _ in range(runs):
            start = time.perf_counter()
            generated.bare(path)
            alone.append(time.perf_counter() - start)
            parts.append(whole(ledger, path))
        bare = median(alone)
        added, filed, computed = (median(run[n] for run in parts) for n in range(3))
        together = median(sum(run[:3]) for run in parts)
        print(f"{lines:,} lines of {deals:,} deals, {order}; {parts[0][3]:,} payments")
        print(f"  DuckDB's bare group-by    {bare:8.2f} s")
        print(f"  a whole settlement        {together:8.2f} s   {together / bare:.2f} x")
        print(f"    adding up               {added:8.2f} s   {added / bare:.2f} x")
        print(f"    making reports of it    {filed:8.2f} s   {filed / together:.0%} of the whole")
        print(f"    computing what is owed  {computed:8.2f} s   {computed / together:.0%} of the whole")
        recorded(ledger, path)
    print(f"  memory at the peak, all of it {peak_kibibytes() // 1024:,} MiB")


def main() -> None:
    given = generated.asked("settlement", __doc__)
    with tempfile.TemporaryDirectory() as folder:
        report(given.lines, given.deals, given.order, given.runs, given.folder or Path(folder))


if __name__ == "__main__":
    main()
