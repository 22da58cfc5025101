"""`deal demo`: a real story, recorded through the ordinary path, and what can be asked of it."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from cli.options import with_json
from cli.render import as_json, line

STORY = Path(__file__).with_name("demo.toml")
DEAL = "openai-microsoft"

# What is told, and the command that shows it.
SCENES: tuple[tuple[str, str], ...] = (
    (
        "In May 2025 the papers said: OpenAI shares 20 % of its revenue with Microsoft until 2030, under what one "
        "article calls an interim deal. This is the deal as it stood on 5 May, as known three days later:",
        f"show {DEAL} --on 2025-05-05 --known 2025-05-08",
    ),
    (
        "The same day, as known on 5 May, before the papers wrote. That revenue is shared was known; the rate was not:",
        f"show {DEAL} --as-of 2025-05-05",
    ),
    (
        "In January 2025 exclusivity became a right of first refusal. On 1 February, as known on 20 January, that "
        "could not be seen yet:",
        f"show {DEAL} --on 2025-02-01 --known 2025-01-20",
    ),
    ("What the world learnt between the two days:", f"diff {DEAL} --known 2025-01-20..2025-05-08"),
    (
        "A plan was reported: 10 % by 2030, for all commercial partners together. A plan is not in force, so that "
        "the last day of the contract still says 20 %:",
        f"show {DEAL} --on 2030-12-31 --known 2025-05-08",
    ),
    (
        "With plans laid over, the same day says 10 % for the pool. Microsoft's own part of it nobody has published: "
        "it is unknown, and at most 10 %:",
        f"show {DEAL} --on 2030-12-31 --known 2025-05-08 --planned",
    ),
    (
        "No path was published for the years between. A straight line from 20 to 10 would be invented, so that the "
        "planned rate of 2027 is unknown:",
        f"show {DEAL} --on 2027-12-31 --known 2025-05-08 --planned",
    ),
    ("Why is the rate what it is?", f"why {DEAL} revenue_share --on 2025-05-05 --known 2025-05-08"),
    ("What comes, seen from the last summer of the contract:", f"upcoming {DEAL} --on 2030-06-30 --known 2025-05-08"),
    ("And after 2030? Nothing is owed:", f"show {DEAL} --on 2031-06-30 --known 2025-05-08"),
)


@click.command("demo")
@click.option(
    "--ledger", "address", default="demo.db", metavar="FILE|URL", show_default=True, help="Where to record it."
)
@with_json
def demo_(address: str, json: bool) -> None:
    """Record a real story, and show what can be asked of it.

    What an article of May 2025 states about OpenAI and Microsoft: an agreement, an amendment, an interim deal, plans
    and partners. The ledger stays, to be played with; running the demo again records nothing twice.

    \b
    Example:
      deal demo
    """
    from ledger.address import shown
    from ledger.application import Ledger
    from ledger.database import is_there
    from ledger.exchange import drafts_of

    with Ledger(address, "write" if is_there(address) else "create") as ledger:
        told = ledger.record(drafts_of(STORY), by="deal demo")
    if json:
        as_json({"schema": "deal.demo/1", "ledger": shown(address), "entries": [t.entry.position for t in told]})
        return
    where, here = shown(address), shlex.quote(shown(address))
    line(f"{len(told)} instruments are on record in {where}, each with its sources. What can be asked of them:")
    for number, (text, command) in enumerate(SCENES, 1):
        line()
        line(f"{number}. {text}", bold=True)
        line()
        line(f"$ deal {command} --ledger {here}")
        _run([*shlex.split(command), "--ledger", address])
    line()
    line("The ledger is yours to play with:", bold=True)
    line(f"  deal log --ledger {here}")
    line(f'  deal amend {DEAL} --ledger {here} --dry-run --pays "OpenAI -> Microsoft as share: 5% of profit"')
    line("  deal --help")


def _run(arguments: list[str]) -> None:
    from cli.main import main

    # What a command has for the person at the keyboard goes to stderr; here it belongs to the story.
    main.main(arguments, prog_name="deal", standalone_mode=False)
