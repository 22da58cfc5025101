"""Files in and out: `record` and `export`."""

from __future__ import annotations

from pathlib import Path

import click

from cli.options import with_json, with_ledger, with_recording


@click.command("record")
@click.argument("file", type=click.Path(path_type=Path))
@with_recording
def record_(file: Path, address: str, dry_run: bool, key: str | None, by: str | None, yes: bool, json: bool) -> None:
    """Record a file of instruments, all or nothing.

    FILE is TOML (one [[instrument]] table each, made for people) or JSON Lines (made for programs; what --dry-run
    prints). All errors of the file are listed at once. A file may be recorded again: what is there already is left.

    \b
    Example:
      deal record deals-2025.toml --dry-run
      deal record deals-2025.toml
    """
    from cli.enter import record
    from ledger.exchange import drafts_of

    if key is not None:
        raise click.UsageError('A file\'s instruments have keys of their own. Write key = "..." in the file.')
    record(drafts_of(file), address, dry_run, by, yes, json)


@click.command("export")
@click.option(
    "--from", "first", type=click.IntRange(min=1), default=1, metavar="N", help="The first entry.  [default: 1]"
)
@click.option("--recorded", metavar="DAY|#N", help="Through which entry, day or instant.  [default: the last]")
@with_ledger
@with_json
def export_(first: int, recorded: str | None, address: str, json: bool) -> None:
    """The entries' own lines, as they are hashed.

    One line of JSON each: anybody can hash it and compare. (--json changes nothing: the lines are JSON.)

    \b
    Example:
      deal export > deals.jsonl
    """
    from ledger.application import Ledger
    from ledger.exchange import export_lines
    from projections.point import position_of

    with Ledger(address, "read") as ledger:
        up_to = position_of(recorded, ledger) if recorded else None
        for text in export_lines(ledger.entries.all_rows(first - 1, up_to)):
            click.echo(text)
