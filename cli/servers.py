"""Ledgers on servers: `copy`, `grants`, `servers`."""

from __future__ import annotations

import click

from cli.check import FOUND, bar
from cli.options import with_json, with_ledger
from cli.render import as_json, as_page, as_table, line, number, words


@click.command("copy")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@with_json
def copy_(source: str, target: str, json: bool) -> None:
    """Copy a ledger to another place, all or nothing, and prove that the roots are equal.

    FROM and TO are files or URLs, of any kind. Entries keep their numbers and instants; checkpoints on file and
    attached files go along. Makes the ledger TO where there is none; one that holds the first of the entries already
    takes the rest.

    \b
    Example:
      deal copy deals.db copy.db
      deal verify --ledger copy.db
    """
    from base64 import b64encode

    from ledger.application import Ledger
    from ledger.copying import copy
    from ledger.database import is_there

    with Ledger(source, "read") as here, Ledger(target, "write" if is_there(target) else "create") as there:
        with bar(here.entries.head(), "Copying") as progress:
            copied = copy(here.entries, there.entries, progress)
        places = here.database.address, there.database.address
    count, root = copied.already + copied.added, b64encode(copied.root).decode()
    if json:
        as_json({
            "schema": "deal.copied/1", "from": places[0], "to": places[1], "already": copied.already,
            "added": copied.added, "checkpoints": copied.checkpoints, "attachments": copied.attachments,
            "beyond": copied.beyond, "head": {"position": count, "root": root},
        })  # fmt: skip
        return
    line(f"#{count}" if count else "nothing")
    words(
        f"{number(copied.added, 'entry', 'entries')} copied, {copied.already} were there before; with "
        f"{number(copied.checkpoints, 'checkpoint')} and {number(copied.attachments, 'attached file')}. The root is "
        f"the same at both places{f' up to #{count}' if copied.beyond else ''}: {root}"
    )
    if copied.beyond:
        words(f"{places[1]} has {number(copied.beyond, 'entry', 'entries')} more, which {places[0]} has not.")


@click.command("grants")
@click.option("--reader", default="deal_reader", show_default=True, metavar="NAME", help="Who may read.")
@click.option("--writer", default="deal_writer", show_default=True, metavar="NAME", help="Who may also append.")
@click.option("--owner", default="deal_owner", show_default=True, metavar="NAME", help="Who may also keep checkpoints.")
@with_ledger
def grants_(reader: str, writer: str, owner: str, address: str) -> None:
    """Print the SQL that makes three roles for a ledger on a PostgreSQL server.

    A reader may read. A writer may also append, and keep the tables of answers up; nobody with it can change, delete
    or reorder an entry, touch a checkpoint or a guard. The owner may also keep checkpoints, and is whom tables and
    guards belong to. Roles have no login of their own: grant them to those who have.

    \b
    Example:
      deal grants --ledger postgresql:///deals > roles.sql
    """
    from ledger.grants import grants

    as_page(grants(address, reader, writer, owner))


@click.command("servers")
@with_ledger
@with_json
def servers_(address: str, json: bool) -> None:
    """Which of several servers is the primary, how far each standby is, and whether all have one history.

    Exit code 3 if one of them has another history; 1 if none can be reached.

    \b
    Example:
      deal servers --ledger postgresql:///deals
    """
    from base64 import b64encode

    from ledger.address import shown
    from ledger.standby import servers

    found = servers(address)
    rows = [
        {
            "server": state.name, "role": state.role, "position": state.position, "behind": state.behind,
            "root": b64encode(state.root).decode() if state.root else None, "same_history": not state.differs,
            "why": str(state.why) if state.why else None,
        }
        for state in found
    ]  # fmt: skip
    if json:
        as_json({"schema": "deal.servers/1", "ledger": shown(address), "servers": rows})
    else:
        as_table(("SERVER", "ROLE", "LAST ENTRY", "BEHIND", "ROOT"), [
            [row["server"], row["role"], _place(row["position"]), row["behind"], row["root"]] for row in rows
        ])  # fmt: skip
    for state in found:
        if state.why:
            words(f"{state.name}: {state.why}")
        if state.differs:
            words(f"{state.name} has another history up to #{state.position}: it lost or changed something.")
    if any(state.differs for state in found):
        click.get_current_context().exit(FOUND)
    if all(state.why for state in found):
        click.get_current_context().exit(1)


def _place(position: object) -> str | None:
    return None if position is None else f"#{position}"
