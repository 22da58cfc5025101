"""Checking: `verify`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from cli.options import say_where, with_csv, with_json, with_ledger
from cli.render import as_csv, as_json, line, number, words
from cli.signers import Signers, with_signers
from cli.terminal import dumb

if TYPE_CHECKING:
    from projections.audit import Difference
    from projections.verification import Verified

OUTDATED = "The database's guards are those of an earlier version, which refuse less. Renew them with the SQL of:"
FOUND = 3  # the exit code of a check that found a difference
DIFFERENCE_COLUMNS = ("check", "position", "says", "stored", "expected")


@contextmanager
def bar(count: int, label: str) -> Iterator[Callable[[int], None]]:
    """A progress bar on a terminal that can draw one; nothing elsewhere."""
    if not sys.stderr.isatty() or dumb():
        yield lambda count: None
        return
    with click.progressbar(length=count, label=label, file=sys.stderr, update_min_steps=max(1, count // 200)) as shown:
        yield shown.update


@click.command("verify")
@click.option("--rebuild", is_flag=True, help="Rebuild the projections first: they may be thrown away at any time.")
@with_signers
@with_ledger
@with_json
@with_csv
def verify_(rebuild: bool, signers: Signers, address: str, json: bool, csv: bool) -> None:
    """Check that the books are whole: every entry, hash, checkpoint, file and projection.

    Every difference is named; the exit code is 3 if there is any. What a single file cannot show of itself, that it
    is an older copy or was rewritten as a whole, is shown by a checkpoint kept elsewhere (deal checkpoint --verify).
    With --signed-by or --witness, one of the checkpoints on file has to be signed by all of those.

    \b
    Example:
      deal verify
    """
    from ledger.application import Ledger
    from projections.shares import Shares
    from projections.verification import Verification

    found: list[Difference] = []
    with Ledger(address, "write" if rebuild else "read") as ledger:
        say_where(ledger)
        if rebuild:
            Shares(ledger.entries).rebuild()
        with bar(ledger.entries.head() + Shares(ledger.entries).cursor()[1], "Checking") as progress:
            check = Verification(ledger, progress, signers.required())
            for difference in check.differences():
                found.append(difference)
                if not json and not csv:
                    say(difference)
        verified, outdated = check.verified, check.outdated
    if json:
        as_json(verified.json(ledger.database.address, found))
    elif csv:
        as_csv(DIFFERENCE_COLUMNS, (difference.json() for difference in found))
    _sum_up(verified, len(found))
    if signers.required():
        words(_signed_up_to(check.signed, verified.entries))
    if outdated:
        words(f"{OUTDATED} deal grants")
    if found:
        click.get_current_context().exit(FOUND)


def _signed_up_to(signed: int, entries: int) -> str:
    if not signed:
        return "NOT SHOWN: that those who were given signed any checkpoint on file."
    after = f"; {number(entries - signed, 'entry', 'entries')} came after it" if entries > signed else ""
    return f"Those who were given signed the checkpoint on file at #{signed}{after}."


def say(difference: Difference) -> None:
    """A difference, as people read it."""
    line(difference.says)
    if difference.stored or difference.expected:
        line(f"    stored:    {difference.stored or 'nothing'}")
        line(f"    should be: {difference.expected or 'nothing'}")


def _sum_up(verified: Verified, found: int) -> None:
    from projections.audit import b64

    if found:
        words(f"{number(found, 'difference')} found in {number(verified.entries, 'entry', 'entries')}.")
        return
    entries, files = number(verified.entries, "entry", "entries"), number(verified.attachments, "attached file")
    words(
        f"{entries}, {number(verified.checkpoints, 'checkpoint')} on file, {files}: all as they were recorded. "
        f"Root at #{verified.entries}: {b64(verified.root)}"
    )
