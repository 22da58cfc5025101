"""What was reported: `report` and `rate`."""

from __future__ import annotations

from typing import Any

import click

from cli.enter import enter
from cli.entry import form_of
from cli.options import with_paper, with_recording


@click.command("report")
@click.argument("deal")
@click.argument("figure", nargs=-1, required=True, metavar="NAME=AMOUNT...")
@click.option("--period", metavar="PERIOD", help="For which days: 2025-Q1, 2025-03, 2025-01-15..2025-02-14.")
@click.option("--dim", multiple=True, metavar="NAME=VALUE", help="A dimension of the figures: product=api.")
@click.option("--currency", metavar="CODE", help="The currency of the figures.  [default: as the terms say]")
@click.option("--restate", is_flag=True, help="The figures take the place of what was reported before.")
@with_paper
@with_recording
def report_(deal: str, restate: bool, **given: Any) -> None:
    """Report measures of a deal: what was sold, earned, used in some days.

    A figure is NAME=AMOUNT; it may say its own days, dimensions and currency: revenue[2025-Q1, product=api]=3m EUR.

    \b
    Example:
      deal report acme-bolt revenue=1_200_000 --period 2025-Q1
      deal report acme-bolt revenue=1_150_000 --period 2025-Q1 --restate --note "returns of March"
    """
    run = {name: given.pop(name) for name in ("address", "dry_run", "by", "yes", "json")}
    enter(form_of("restate" if restate else "report", deal, given), **run, files=given["attach"])


@click.command("rate")
@click.argument("deal")
@click.argument("pair", metavar="BASE/QUOTE")
@click.argument("rate")
@click.option("--on", metavar="DAY", help="The day for which it is said.")
@click.option("--period", metavar="PERIOD", help="Or the period: an average of 2025-Q1.")
@with_paper
@with_recording
def rate_(deal: str, pair: str, rate: str, **given: Any) -> None:
    """Record an exchange rate that a deal uses: one unit of BASE is RATE units of QUOTE.

    What was reported for some days is converted at the rate that covers the last of them; a shorter period goes
    before a longer one. Without a rate it is not converted, and not computed.

    \b
    Example:
      deal rate acme-bolt EUR/USD 1.0825 --period 2025-Q1 --source "publisher=ECB; title=average of the quarter"
    """
    run = {name: given.pop(name) for name in ("address", "dry_run", "by", "yes", "json")}
    enter(form_of("rate", deal, {**given, "pair": pair, "rate": rate}), **run, files=given["attach"])
