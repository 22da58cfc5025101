"""`deal init`."""

from __future__ import annotations

import shlex

import click

from cli.options import with_json, with_ledger
from cli.render import as_json, line, words


@click.command("init")
@with_ledger
@with_json
def init_(address: str, json: bool) -> None:
    """Make an empty ledger.

    \b
    Example:
      deal init --ledger deals.db
    """
    from ledger.application import Ledger

    with Ledger(address, "create") as ledger:
        made = ledger.database.address
    if json:
        as_json({"schema": "deal.init/1", "ledger": made})
        return
    line(made)
    words(f"An empty ledger. Next: deal open NAME --ledger {shlex.quote(made)}, or see deal open --help")
