"""`deal engine`: engines that sum revenue lines, checked before they are trusted."""

from __future__ import annotations

from pathlib import Path

import click

from cli.render import as_text, words

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group("engine")
def engine_() -> None:
    """Check an engine that sums revenue lines.

    \b
    Example:
      deal engine check duckdb
    """


@engine_.command("check")
@click.argument("engine")
@click.option("--lines", default=20_000, show_default=True, type=click.IntRange(100), help="How many to generate.")
@click.option("--folder", type=FOLDER, help="Where the engine sees files, if it runs elsewhere.  [default: temporary]")
@click.pass_context
def check(context: click.Context, engine: str, lines: int, folder: Path | None) -> None:
    """Compare every sum of ENGINE with plain Python's, over generated lines.

    ENGINE is plain, duckdb, local[N] (Spark on this machine), spark://HOST:PORT, sc://HOST:PORT or
    postgresql://HOST/DATABASE. The lines have returns, gaps, extremes and bad rows. Each difference is printed, and
    the exit code is 3 where there is one.

    \b
    Example:
      deal engine check duckdb --lines 2000
    """
    from tempfile import TemporaryDirectory

    from ledger.address import shown
    from projections.revenue import conformance

    with TemporaryDirectory(dir=folder) as place:
        found = conformance.check(engine, Path(place), lines, words)
    named = shown(engine)
    for one in found.differences:
        as_text(f"{one.what}\n  plain Python: {one.plain}\n  {named}: {one.engine}")
    differ = len(found.differences)
    as_text(
        f"{named}: {found.lines:,} lines, {found.sums:,} sums and all bad rows compared with plain Python: "
        f"{f'{differ:,} differ. Do not use it.' if differ else 'none differs.'}"
    )
    if differ:
        context.exit(3)
