"""Entering instruments: `open`, `amend`, `interim`, `plan` and what becomes of it, partners, terms, conditions.

Each turns its options into a form and enters it; what a form may say is in ledger.form.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import click

from cli.enter import enter
from cli.options import today_text, with_clauses, with_frame, with_paper, with_recording


def form_of(event: str, deal: str, given: dict[str, Any]) -> dict[str, Any]:
    """The form that the options fill in: their names are the fields' names."""
    renamed = {"from" if name == "from_" else name: value for name, value in given.items() if name != "attach"}
    return {
        **renamed,
        "event": event,
        "deal": deal,
        "dated": _today(given.get("dated")),
        "source": with_files([source_of(text) for text in given.get("source", ())], given.get("attach", ())),
    }


def with_files(sources: list[str | dict[str, Any]], files: Sequence[str]) -> list[str | dict[str, Any]]:
    """Each file with the source of the same place in order; a file without a source is one by its own name."""
    if not files:
        return sources
    from msgspec import to_builtins

    from ledger.attachments import describe

    found: list[str | dict[str, Any]] = []
    for source, file in zip_longest(sources, files):
        told = {"title": source} if isinstance(source, str) else dict(source or {"title": Path(file).name})
        attachment = {"attachment": to_builtins(describe(Path(file)))} if file else {}
        found.append({**told, **attachment})
    return found


def source_of(text: str) -> str | dict[str, str]:
    """`publisher=Reuters; title=...` as the fields of a source; any other text is its title."""
    names = ("publisher", "title", "published", "address", "quote")
    pairs = [part.partition("=") for part in text.split(";")]
    if all(equals and name.strip() in names for name, equals, _ in pairs):
        return {name.strip(): value.strip() for name, _, value in pairs}
    return text


def _today(text: str | None) -> str:
    return today_text() if text in (None, "today") else str(text)


def _enter(event: str, deal: str, given: dict[str, Any]) -> None:
    run = {name: given.pop(name) for name in ("address", "dry_run", "by", "yes", "json")}
    enter(form_of(event, deal, given), **run, files=given.get("attach", ()))


@click.command("open")
@click.argument("deal")
@click.option("--title", metavar="TEXT", help="What people call it.  [default: the deal's name]")
@click.option("--party", multiple=True, metavar="NAME", help="A party, in any script; at least one.")
@with_paper
@with_frame
@with_clauses
@with_recording
def open_(deal: str, **given: Any) -> None:
    """Enter a first agreement.

    DEAL names it for good: lower-case letters, digits and hyphens.

    \b
    Example:
      deal open openai-microsoft --title "OpenAI - Microsoft" --party OpenAI --party Microsoft \\
          --dated 2019-07-22 --term 2019-07-22..2030-12-31 \\
          --pays "OpenAI -> Microsoft as revenue_share: 20% of revenue every quarter"
    """
    _enter("open", deal, given)


@click.command("amend")
@click.argument("deal")
@with_paper
@with_frame
@with_clauses
@with_recording
def amend_(deal: str, **given: Any) -> None:
    """Enter a definitive change of a deal.

    One instrument may set any number of clauses; it is recorded whole or not at all.

    \b
    Example:
      deal amend openai-microsoft --dated 2025-01-21 \\
          --right "Microsoft as compute: right of first refusal on new computing capacity"
    """
    _enter("amend", deal, given)


@click.command("interim")
@click.argument("deal")
@with_paper
@with_frame
@with_clauses
@with_recording
def interim_(deal: str, **given: Any) -> None:
    """Enter a deal that binds until a definitive one replaces it.

    \b
    Example:
      deal interim openai-microsoft --dated 2025-05-05 --evidence reported \\
          --pays "OpenAI -> Microsoft as revenue_share: 20% of revenue every quarter" --through 2030
    """
    _enter("interim", deal, given)


@click.command("plan")
@click.argument("deal")
@with_paper
@with_frame
@with_clauses
@with_recording
def plan_(deal: str, **given: Any) -> None:
    """Enter what somebody intends, proposes or announces.

    A plan is never in force; --planned lays it over an answer, until it is adopted or withdrawn.

    \b
    Example:
      deal plan openai-microsoft --dated 2025-05-06 --evidence reported --pool "commercial partners: Microsoft" \\
          --pays "OpenAI -> commercial partners as revenue_share: 10% of revenue every quarter from 2030-12-31"
    """
    _enter("plan", deal, given)


@click.command("adopt")
@click.argument("deal")
@click.argument("plan")
@with_paper
@with_frame
@with_clauses
@with_recording
def adopt_(deal: str, plan: str, **given: Any) -> None:
    """Enter that a plan became binding.

    PLAN is the plan's entry (12 or '#12') or its key. Its clauses bind as planned, not before --from; clauses given
    here stand in for the plan's own of the same name.

    \b
    Example:
      deal adopt openai-microsoft 12 --dated 2025-10-28 --from 2026-01-01
    """
    _enter("adopt", deal, {**given, "plan": plan})


@click.command("withdraw")
@click.argument("deal")
@click.argument("plan")
@with_paper
@with_recording
def withdraw_(deal: str, plan: str, **given: Any) -> None:
    """Enter that a plan was given up.

    \b
    Example:
      deal withdraw openai-microsoft 12 --dated 2025-10-28
    """
    _enter("withdraw", deal, {**given, "plan": plan})


@click.group("partner")
def partner_() -> None:
    """Enter that a partner joined or left.

    \b
    Example:
      deal partner add openai-microsoft Oracle --pool "commercial partners" --dated 2025-06-01
    """


@partner_.command("add")
@click.argument("deal")
@click.argument("party")
@click.option("--pool", metavar="NAME", help="The pool that it joins, beside the deal.")
@click.option("--part", metavar="PART", help="Its part of what the pool is paid: 40%, 1/3.")
@with_paper
@with_clauses
@with_recording
def partner_add(deal: str, party: str, **given: Any) -> None:
    """Enter that a partner joined a deal, or one of its pools.

    \b
    Example:
      deal partner add openai-microsoft Oracle --pool "commercial partners" --from 2025-07-01
    """
    _enter("partner add", deal, {**given, "party": party})


@partner_.command("leave")
@click.argument("deal")
@click.argument("party")
@click.option("--pool", metavar="NAME", help="The pool that it leaves.  [default: the deal]")
@with_paper
@with_clauses
@with_recording
def partner_leave(deal: str, party: str, **given: Any) -> None:
    """Enter that a partner left a deal, or one of its pools; --through is its last day.

    \b
    Example:
      deal partner leave openai-microsoft Oracle --pool "commercial partners" --through 2026-06-30
    """
    _enter("partner leave", deal, {**given, "party": party})


@click.command("extend")
@click.argument("deal")
@with_paper
@with_clauses
@with_recording
def extend_(deal: str, **given: Any) -> None:
    """Enter that the agreement runs through another day (--through), or until a condition (--until).

    Every clause without an end of its own goes along.

    \b
    Example:
      deal extend openai-microsoft --through 2032 --dated 2025-10-28
    """
    _enter("extend", deal, given)


@click.command("renew")
@click.argument("deal")
@click.option("--term", required=True, metavar="A..B", help="The first and the last day of the new term.")
@with_paper
@with_clauses
@with_recording
def renew_(deal: str, **given: Any) -> None:
    """Enter a new term over the clauses as they are.

    What was in force at the old end goes on from A, and contract years count anew; between the two nothing holds.

    \b
    Example:
      deal renew openai-microsoft --dated 2025-10-28 --term 2031-01-01..2035-12-31
    """
    _enter("renew", deal, given)


@click.command("end")
@click.argument("deal")
@click.option("--through", "--on", metavar="DAY", help="The deal's last day.", required=True)
@with_paper
@with_recording
def end_(deal: str, **given: Any) -> None:
    """Enter that a deal is over: after --through, only what survives it goes on.

    \b
    Example:
      deal end openai-microsoft --through 2026-06-30 --dated 2026-03-31
    """
    _enter("end", deal, given)


@click.command("met")
@click.argument("deal")
@click.argument("condition")
@click.option("--on", metavar="DAY", help="The day on which it was met.", required=True)
@with_paper
@with_recording
def met_(deal: str, condition: str, **given: Any) -> None:
    """Enter that a condition was met.

    \b
    Example:
      deal met openai-microsoft launch --on 2025-11-03
    """
    _enter("met", deal, {**given, "condition": condition})


@click.command("affirm")
@click.argument("deal")
@click.argument("statement")
@with_paper
@with_recording
def affirm_(deal: str, statement: str, **given: Any) -> None:
    """Enter a statement that all stands.

    \b
    Example:
      deal affirm openai-microsoft "The partnership goes on." --dated 2025-05-07
    """
    _enter("affirm", deal, {**given, "statement": statement})
