"""Running history again: `replay`."""

from __future__ import annotations

import json as jsons
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.check import FOUND, bar, say
from cli.options import say_where, with_csv, with_json, with_ledger
from cli.render import as_csv, as_json, line, number, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from projections.audit import Difference

STEP_COLUMNS = (
    "position", "recorded_at", "event", "deal", "key", "from", "through", "before", "after", "before_entry",
    "after_entry",
)  # fmt: skip


@click.command("replay")
@click.argument("deal", required=False)
@click.option("--to", "to", metavar="#N", help="Through which entry.  [default: the last]")
@click.option("--recorded", metavar="DAY|#N", help="Through which entry, day (UTC) or instant.")
@click.option("--steps", "with_steps", is_flag=True, help="What every entry changed: before and after, clause, days.")
@click.option("--answer", type=click.Path(path_type=Path), metavar="FILE", help="Check a saved JSON answer.")
@with_ledger
@with_json
@with_csv
def replay_(
    deal: str | None, to: str | None, recorded: str | None, with_steps: bool, answer: Path | None, address: str,
    json: bool, csv: bool,
) -> None:  # fmt: skip
    """Run the history again from its first entry, and compare it with the books.

    Ends with a digest of what the books say, which is the same on every machine. With --answer, checks an answer of
    show or share that somebody saved. The exit code is 3 if anything differs.

    \b
    Example:
      deal replay openai-microsoft --steps
      deal show openai-microsoft --json > answer.json
      deal replay --answer answer.json
    """
    from ledger.application import Ledger
    from projections.point import position_of
    from projections.replay import Replay, check_answer, steps
    from projections.shares import Shares

    if to and recorded:
        raise click.UsageError("--to and --recorded say the same: give one of them.")
    with Ledger(address, "read") as ledger:
        say_where(ledger)
        until = to or recorded
        up_to = position_of(until, ledger) if until else ledger.entries.head()
        if answer:
            saved = _saved(answer)
            with bar(up_to, "Hashing") as progress:
                found = list(check_answer(ledger, saved, progress))
            _checked(answer, saved, found, json)
            return
        if deal:
            ledger.history(deal)
        told = steps(ledger, up_to, deal) if with_steps else iter(())
        kept = list(told) if json else _shown(told, csv)
        with bar(up_to + (0 if deal else Shares(ledger.entries).cursor()[1]), "Replaying") as progress:
            run = Replay(ledger, up_to, deal, progress)
            found = list(run.differences())
        if json:
            as_json({**run.json(found), **({"steps": kept} if with_steps else {})})
    _end(run.answer, run.count, up_to, found, json, csv and with_steps)


def _shown(told: Iterator[dict[str, Any]], csv: bool) -> list[dict[str, Any]]:
    if csv:
        rows = ({**step, **change} for step in told for change in step["changes"] or [{}])
        as_csv(STEP_COLUMNS, rows)
        return []
    for step in told:
        line(f"#{step['position']} {step['deal']} {step['event']}", bold=True)
        for change in step["changes"]:
            days = f"{change['from']} to {change['through']}" if change["through"] else f"from {change['from']}"
            before = f"'{change['before']}' (#{change['before_entry']})" if change["before"] else "nothing"
            after = f"'{change['after']}' (#{change['after_entry']})" if change["after"] else "nothing"
            line(f"    {change['key']}, {days}: {before} -> {after}")
        if not step["changes"]:
            line("    changes nothing that holds")
    return []


def _end(digest: str, count: int, up_to: int, found: list[Difference], json: bool, quiet: bool) -> None:
    if not json and not quiet:
        for difference in found:
            say(difference)
        line(digest)
    if found:
        words(f"{number(len(found), 'difference')}; the first one: {found[0].says}")
        click.get_current_context().exit(FOUND)
    words(
        f"{number(count, 'entry', 'entries')}, recorded by #{up_to}, run again: all as the books have it. "
        "The digest is above."
    )


def _saved(path: Path) -> Any:
    from ledger.errors import NotReadable
    from ledger.files import text_of

    try:
        return jsons.loads(text_of(path))
    except ValueError as error:  # also a number of more digits than Python reads
        raise NotReadable(str(path), f"it is not JSON: {error}") from None
    except RecursionError:
        raise NotReadable(str(path), "it is nested too deeply") from None


def _checked(path: Path, saved: Any, found: list[Difference], json: bool) -> None:
    if json:
        as_json({
            "schema": "deal.answer/1", "answer": saved["schema"], "recorded": saved["recorded"], "sound": not found,
            "differences": [difference.json() for difference in found],
        })  # fmt: skip
    else:
        for difference in found:
            say(difference)
    if found:
        words(f"{path} is not what the ledger answers: {number(len(found), 'difference')}.")
        click.get_current_context().exit(FOUND)
    words(f"{path} is what the entries say, recorded by {saved['recorded']}.")
