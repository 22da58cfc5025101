"""Mending our own books: `correct` and `void`."""

from __future__ import annotations

from typing import Any

import click

from cli.enter import enter
from cli.entry import form_of
from cli.options import with_clauses, with_frame, with_paper, with_recording


def _deal_and_entry(address: str, named: tuple[str, ...]) -> tuple[str, str]:
    """`12`, or `openai-microsoft 12`: the deal is the entry's own where it is not named."""
    from ledger.application import Ledger

    if len(named) > 2:
        raise click.UsageError("Give the entry, or the deal and the entry: deal void 12")
    if len(named) == 2:
        return named[0], named[1]
    with Ledger(address, "read") as ledger:
        return ledger.entry(named[0]).deal, named[0]


@click.command("correct")
@click.argument("entry", nargs=-1, required=True, metavar="[DEAL] ENTRY")
@click.option("--reason", default="", metavar="TEXT", help="Why; required.")
@click.option("--title", metavar="TEXT", help="For an opening: its title.")
@click.option("--party", multiple=True, metavar="NAME", help="For an opening: its parties; for a partner: its name.")
@click.option("--condition", metavar="TEXT", help="For a condition met: its name.")
@click.option("--on", metavar="DAY", help="For a condition met: its day.")
@click.option("--statement", metavar="TEXT", help="For a statement that all stands.")
@click.option("--figure", multiple=True, metavar="NAME[PERIOD]=AMOUNT", help="For a report: a figure of the same days.")
@click.option("--amount", metavar="AMOUNT", help="For a payment: what was paid.")
@click.option("--rate", metavar="RATE", help="For an exchange rate: the rate.")
@click.option("--remove", multiple=True, metavar="KEY", help="A clause that the instrument does not have.")
@click.option("--as", "as_", type=click.Choice(["amend", "interim", "plan"]), help="What the instrument really was.")
@with_paper
@with_frame
@with_clauses
@with_recording
def correct_(entry: tuple[str, ...], as_: str | None, **given: Any) -> None:
    """Say what an entry should have said.

    What is given stands in the place of what was entered; the rest of the entry stays. The old entry stays
    readable, and answers recorded before are unchanged for ever.

    \b
    Example:
      deal correct 12 --dated 2025-01-21 --reason "the day was mistyped"
    """
    deal, number = _deal_and_entry(given["address"], entry)
    run = {name: given.pop(name) for name in ("address", "dry_run", "by", "yes", "json")}
    form = form_of("correct", deal, {**given, "entry": number, "as": as_})
    if given["dated"] is None:
        del form["dated"]
    enter(form, **run, files=given["attach"])


@click.command("void")
@click.argument("entry", nargs=-1, required=True, metavar="[DEAL] ENTRY")
@click.option("--reason", default="", metavar="TEXT", help="Why; required.")
@with_recording
def void_(entry: tuple[str, ...], reason: str, **given: Any) -> None:
    """Say that an entry should never have been made.

    The entry stays readable, and answers recorded before are unchanged for ever.

    \b
    Example:
      deal void 12 --reason "entered under the wrong deal"
    """
    deal, number = _deal_and_entry(given["address"], entry)
    run = {name: given.pop(name) for name in ("address", "dry_run", "by", "yes", "json")}
    enter({"event": "void", "deal": deal, "entry": number, "reason": reason, "key": given["key"]}, **run)
