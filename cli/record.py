"""Files in and out: `record`, `import` and `export`."""

from __future__ import annotations

from pathlib import Path

import click

from cli.options import with_json, with_ledger, with_recording
from cli.render import as_json, as_line, line, number, words


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


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@with_ledger
@with_json
def import_(file: Path, address: str, json: bool) -> None:
    """Take another copy of a log: an export or a bundle, line by line, all or nothing.

    The entries keep their numbers and instants, so that the copy has the same root. A ledger that holds the first of
    them already takes the rest; one that says something else refuses, and says where the two part. Makes the ledger
    where there is none.

    \b
    Example:
      deal export > deals.jsonl
      deal import deals.jsonl --ledger copy.db
    """
    from base64 import b64encode

    from ledger.application import Ledger
    from ledger.database import is_there
    from ledger.importing import take

    with Ledger(address, "write" if is_there(address) else "create") as ledger:
        taken = take(ledger.database, file)
        head = ledger.entries.head()
    root = b64encode(taken.root).decode()
    if json:
        as_json({
            "schema": "deal.imported/1", "already": taken.already, "added": taken.added,
            "head": {"position": taken.already + taken.added, "root": root}, "ends_at": head,
        })  # fmt: skip
        return
    line(f"#{head}" if head else "nothing")
    words(
        f"{number(taken.added, 'entry', 'entries')} added, {taken.already} were there before. Root of the file: {root}"
    )


@click.command("export")
@click.option(
    "--from", "first", type=click.IntRange(min=1), default=1, metavar="N", help="The first entry.  [default: 1]"
)
@click.option("--recorded", metavar="DAY|#N", help="Through which entry, day or instant.  [default: the last]")
@click.option("--cloudevents", is_flag=True, help="As CloudEvents 1.0, for other systems.")
@with_ledger
@with_json
def export_(first: int, recorded: str | None, cloudevents: bool, address: str, json: bool) -> None:
    """The entries' own lines, as they are hashed.

    One line of JSON each: anybody can hash it and compare. (--json changes nothing: the lines are JSON.)

    \b
    Example:
      deal export > deals.jsonl
    """
    from ledger.application import Ledger
    from ledger.cloudevents import cloud_events
    from ledger.exchange import export_lines
    from ledger.merkle import Node
    from ledger.tree import read
    from projections.point import position_of

    with Ledger(address, "read") as ledger:
        up_to = position_of(recorded, ledger) if recorded else None
        rows = ledger.entries.all_rows(first - 1, up_to)
        if cloudevents and ledger.entries.head():
            with ledger.database.reading() as connection:
                lines = cloud_events(rows, *read(connection, [Node(0, 0)]))
        else:
            lines = export_lines(rows)
        for text in lines:
            as_line(text)
