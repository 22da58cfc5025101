"""Which periods a line is computed for: those asked for, or those that were reported."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from ledger.calendar import Span
from ledger.computing.moment import Grid
from ledger.computing.run import Run
from ledger.computing.versions import Part
from ledger.errors import NothingReported
from ledger.language import formula as f


def asked_for(
    part: Part, every: f.Window | None, run: Run, grid: Grid, all_names: Sequence[str], names: Sequence[str],
    within: Span | None,
) -> list[Span]:  # fmt: skip
    """The periods to compute: all that overlap the days asked for, or else what was reported for any line.

    Raises NothingReported.
    """
    if every is None:
        listed = grid.listed or ()
        return [days for days in listed if within is None or (days.start < within.end and within.start < days.end)]
    hull = within or run.measures.hull(all_names) or run.measures.hull(list(run.measures.reports))
    if hull is None:
        raise NothingReported(part.name)
    found = [grid.around(hull.start)]
    while found[-1].end < hull.end:
        found.append(grid.around(found[-1].end))
    return found


def grid_of(part: Part, run: Run, names: Sequence[str], within: Span | None) -> Grid:
    """The periods of a line that does not say them: each span that was reported, or what is asked for."""
    once = part.every == f.ONCE
    used = names if run.measures.hull(names) else list(run.measures.reports)
    reported = run.measures.spans(used)
    if within is not None:
        inside = [days for days in reported if days.start >= within.start and days.end <= within.end]
        now = [within] if once or not inside else _apart(inside)
        listed = _apart([days for days in reported if days.end <= within.start]) + now
    elif not reported:
        raise NothingReported(part.name)
    elif once:
        listed = [Span(reported[0].start, max(days.end for days in reported))]
    else:
        listed = _apart(reported)
    return Grid(_unused, listed)


def _unused(day: date) -> Span:
    raise AssertionError("the periods are listed")


def _apart(spans: Sequence[Span]) -> list[Span]:
    """The spans, with those that overlap taken together."""
    found: list[Span] = []
    for days in spans:
        if found and days.start < found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, days.end))
        else:
            found.append(days)
    return found
