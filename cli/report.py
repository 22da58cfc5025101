"""What was reported: `report` and `rate`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.enter import enter, record
from cli.entry import form_of
from cli.options import with_paper, with_recording
from cli.render import number, words

if TYPE_CHECKING:
    from projections.revenue.taken import Taken


@click.command("report")
@click.argument("told", nargs=-1, metavar="[DEAL] [NAME=AMOUNT]...")
@click.option("--period", metavar="PERIOD", help="For which days: 2025-Q1, 2025-03, 2025-01-15..2025-02-14.")
@click.option("--dim", multiple=True, metavar="NAME=VALUE", help="A dimension of the figures: product=api.")
@click.option("--currency", metavar="CODE", help="The currency of the figures.  [default: as the terms say]")
@click.option(
    "--nature", multiple=True, metavar="NAME=NATURE", help="What a measure is: a flow, a stock or a rate: price=rate."
)
@click.option("--restate", is_flag=True, help="It takes the place of what was reported before.")
@click.option("--add", is_flag=True, help="It comes on top of what was reported: rows that came late.")
@click.option("--complete", is_flag=True, help="It is all that there was in --period: the rest was nothing.")
@click.option("--file", type=click.Path(path_type=Path), help="Revenue lines: CSV, JSON Lines or Parquet.")
@click.option("--table", metavar="TABLE", help="Revenue lines that are kept in PostgreSQL: --engine says where.")
@click.option(
    "--mapping", type=click.Path(path_type=Path), help="A TOML file that says which column of theirs is what."
)
@click.option(
    "--engine", default="auto", metavar="ENGINE", help="What adds lines up: auto, plain, duckdb, postgresql://..."
)
@click.option("--sum-by", type=click.Choice(["auto", "day", "segment"]), default="auto", help="How finely.")
@with_paper
@with_recording
def report_(
    told: tuple[str, ...], restate: bool, add: bool, complete: bool, file: Path | None, table: str | None,
    mapping: Path | None, engine: str, sum_by: str, **given: Any,
) -> None:  # fmt: skip
    """Report measures of a deal: what was sold, earned, used in some days.

    A figure is NAME=AMOUNT; it may say its own days, dimensions and currency: revenue[2025-Q1, product=api]=3m EUR.
    With --file or --table, the lines of a file, or of a table or view in PostgreSQL, are added up, for all deals that
    it names or for DEAL, all or nothing; --period then says that it has all that there is for these days. See
    docs/lines.md for what they may look like.

    \b
    Example:
      deal report openai-microsoft revenue=3.7bn --period 2025-Q1
      deal report openai-microsoft seats=1200 price=4.50 --period 2025-03 --nature price=rate
      deal report openai-microsoft revenue=3.6bn --period 2025-Q1 --restate --note "returns of March"
      deal report openai-microsoft revenue=20m --period 2025-Q1 --add --note "late rows of March"
      deal report openai-microsoft --period 2024-Q4 --complete
      deal report --file sales-2025-Q2.csv
      deal report --table sales_2025_q3 --engine postgresql:///finance
    """
    deal = told[0] if told and "=" not in told[0] else None
    figures = told[1:] if deal else told
    word = "restate" if restate else "add" if add else "report"
    if restate and add:
        raise click.UsageError("A report takes the place of what was reported, or is added to it. Give one of the two.")
    if add and (file or table) and given["period"]:
        raise click.UsageError("With --period a file has all that there is; what is added is not. Give one of the two.")
    if complete and (not given["period"] or add):
        raise click.UsageError("All that there was is said of a period: deal report acme --period 2025-03 --complete")
    if file or table:
        if figures or given["dim"] or given["currency"] or (file and table):
            raise click.UsageError("Give figures, or a file of lines, or a table: deal report --file sales.csv")
        if table and not engine.startswith("postgres"):
            raise click.UsageError("Say where the table is: --engine postgresql://HOST/DATABASE")
        _lines(
            deal,
            word,
            file or str(table),
            {"mapping": mapping, "into_deal": deal, "by": sum_by},
            engine,
            given,
        )
        return
    if complete and deal:
        _complete(deal, word, {**given, "figure": figures})
        return
    if not deal or not figures:
        raise click.UsageError("Give a deal and a figure: deal report acme-bolt revenue=1_200_000 --period 2025-Q1")
    run = {name: given.pop(name) for name in ("address", "dry_run", "by", "yes", "json")}
    form = form_of(word, deal, {**given, "figure": figures})
    enter(form, **run, files=given["attach"])


def _lines(
    deal: str | None, word: str, lines: Path | str, how: Mapping[str, Any], engine: str, given: dict[str, Any]
) -> None:
    """Adds up the lines of a file or of a table, and records what they come to."""
    from ledger import figures
    from ledger.application import Ledger
    from ledger.fields import paper_in
    from projections.revenue.take import take, take_table
    from projections.settlement.filing import Filing

    form = form_of("report", deal or "", {name: v for name, v in given.items() if v not in (None, (), False)})
    with Ledger(given["address"], "read") as ledger:
        filing = Filing(ledger)
        if isinstance(lines, Path):
            taken = take(lines, cuts=filing.cuts, engine=engine, **how)
        else:
            taken = take_table(lines, engine, cuts=filing.cuts, **how)
        days = figures.period(given["period"], ledger.today) if given["period"] else None
        paper = paper_in({**form, "source": form["source"] or [{"title": taken.name}]})
        natures = figures.natures(given["nature"])
        drafts = filing.drafts(taken, paper, word == "restate", days, word == "add", natures)
    _say(taken, drafts)
    if drafts:
        run = {name: given[name] for name in ("address", "dry_run", "by", "yes", "json")}
        record(drafts, **run, files=given["attach"])


def _complete(deal: str, word: str, given: dict[str, Any]) -> None:
    """Records figures as all that there was in their period."""
    from msgspec.structs import replace

    from ledger.application import Ledger
    from ledger.fields import paper_in
    from ledger.figures import period as days_in
    from ledger.vouchers import figures_in
    from projections.settlement.filing import Filing

    form = {name: value for name, value in form_of(word, deal, given).items() if value not in (None, (), [], False)}
    with Ledger(given["address"], "read") as ledger:
        days = days_in(given["period"], ledger.today)
        figures = figures_in(form) if given["figure"] else ()
        draft = Filing(ledger).complete(deal, figures, days, paper_in(form), word == "restate")
    run = {name: given[name] for name in ("address", "dry_run", "by", "yes", "json")}
    record([replace(draft, key=given["key"])], **run, files=given["attach"])


def _say(taken: Taken, drafts: Sequence[Any]) -> None:
    deals = len({one.deal for one in taken.sums})
    words(
        f"{taken.name}: {number(taken.rows, 'row')} of {number(deals, 'deal')}, {number(len(taken.sums), 'sum')} "
        f"by {taken.by} ({taken.engine}); SHA-256 {taken.sha256}"
    )
    if deals > len(drafts):
        words(f"These figures were recorded before for {number(deals - len(drafts), 'deal')}; they are left.")


@click.command("rate", context_settings={"ignore_unknown_options": True})
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
      deal rate openai-microsoft EUR/USD 1.0825 --period 2025-Q1 --source "publisher=ECB; title=average of the quarter"
    """
    run = {name: given.pop(name) for name in ("address", "dry_run", "by", "yes", "json")}
    enter(form_of("rate", deal, {**given, "pair": pair, "rate": rate}), **run, files=given["attach"])
