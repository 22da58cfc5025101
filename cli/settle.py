"""What is owed and what is paid: `settle`, `pay`, `close`, `reopen`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from cli.beside import say_beside, unused_json
from cli.enter import enter, record
from cli.options import actor, elsewhere, today_text, with_csv, with_json, with_ledger, with_paper, with_recording
from cli.render import as_csv, as_json, line, number, words
from cli.statement import NOTHING, show_statement

if TYPE_CHECKING:
    from cli.beside import Found
    from ledger.application import Ledger
    from ledger.batch import Told
    from ledger.entry import Entry
    from ledger.events import StatementIssued
    from projections.settlement.drafts import Draft

FAILED = 1


@click.command("settle")
@click.argument("period")
@click.argument("deal", required=False)
@click.option("--issue", is_flag=True, help="Issue the statements: for good.")
@click.option("--include-earlier", is_flag=True, help="State what earlier periods came to and no statement has.")
@click.option("--settled-elsewhere", metavar="REASON", help="Leave it out: where earlier periods were settled.")
@click.option("--explain", is_flag=True, help="Show how every amount came about.")
@click.option("--known", metavar="DAY", help="As known by the end of which day.  [default: all]")
@click.option("--recorded", metavar="DAY|#N", help="As our books had it: by an entry, a day (UTC) or an instant.")
@click.option("--dated", metavar="DAY", help="With --issue: the day that the statements bear.  [default: today]")
@click.option("--by", metavar="NAME", envvar="DEAL_BY", help="Who issues them (or set DEAL_BY).  [login name]")
@with_ledger
@with_json
@with_csv
def settle_(
    period: str, deal: str | None, issue: bool, include_earlier: bool, settled_elsewhere: str | None, explain: bool,
    known: str | None, recorded: str | None, dated: str | None, by: str | None, address: str, json: bool, csv: bool,
) -> None:  # fmt: skip
    """What every payer owes every payee for PERIOD, of one deal or all: drafts, or with --issue statements.

    A statement has every payment whose own period ends in PERIOD (2025-Q1, 2025-03, 2025, 2025-01-01..2025-06-30),
    the true-ups of earlier periods, the payments received, and what is owed at its end. What cannot be computed is
    a line that says why; it never stops the rest. What periods before the first statement came to is listed, and has
    to be decided where it was reported, before that statement is issued.

    \b
    Example:
      deal settle 2025-Q1 openai-microsoft --explain
      deal settle 2025-Q1 --issue
      deal settle 2025-Q1 openai-microsoft --issue --include-earlier
      deal settle 2025-Q1 --issue --settled-elsewhere "until 2024 by hand: settled.xlsx"
    """
    from ledger.accounts import account_of
    from ledger.application import Ledger
    from ledger.batch import uncollected
    from ledger.calendar import parse_day
    from projections.settlement.drafts import Draft
    from projections.settlement.earlier import Decision, settle_all

    if include_earlier and settled_elsewhere is not None:
        raise click.UsageError("Earlier periods are stated, or were settled elsewhere. Give one of the two.")
    if settled_elsewhere is not None and not settled_elsewhere.strip():
        raise click.UsageError("Say where they were settled: --settled-elsewhere 'until 2025-03 by hand'")
    if issue and recorded:
        raise click.UsageError("Statements are issued on all that is recorded. Leave --recorded out.")
    with Ledger(address, "write" if issue else "read") as ledger:
        days, point = _asked(ledger, period, known, recorded)
        with uncollected():
            decision = Decision(include_earlier, settled_elsewhere)
            on = parse_day(dated, ledger.today) if dated else None
            found = list(settle_all(ledger, days, point, deal, on, decision, issue))
        drafts = [one for one in found if isinstance(one, Draft)]
        # Asked of all deals, what stands in one that is closed does not stop the rest.
        left = [one for one in drafts if issue and not deal and one.closed and one.differs]
        drafts = [one for one in drafts if one not in left]
        told = _issue(ledger, drafts, by) if issue else []
        shown = _shown(ledger, drafts, told, issue)
        if json:
            _json(shown, found)
        elif csv:
            _csv(shown)
        else:
            _text(ledger, shown, told, explain, period)
    say_beside(found, issue, decision, {one.entry.deal for one in told})
    for one in left:
        words(f"{one.deal}, {account_of(one.statement)}: {_remark(one, period)}")
    _end(found, drafts, period)


def _asked(ledger: Ledger, period: str, known: str | None, recorded: str | None) -> Any:
    from cli.options import Asked
    from ledger.figures import period as days_in

    return days_in(period, ledger.today), Asked(None, known, recorded, None, False, None).point(ledger)


def _issue(ledger: Ledger, drafts: Sequence[Draft], by: str | None) -> list[Told]:
    """Issues those that say something new; the others stand as they were issued."""
    from ledger.batch import Draft as Entered

    new = [Entered(draft.deal, draft.statement) for draft in drafts if draft.differs]
    return ledger.record(new, actor(by)) if new else []


class Shown(NamedTuple):
    """What is printed: a draft, or the statement that was issued of it, now (`entry`) or before."""

    draft: Draft
    statement: StatementIssued
    entry: Entry | None


def _shown(ledger: Ledger, drafts: Sequence[Draft], told: Sequence[Told], issue: bool) -> list[Shown]:
    recorded = iter(told)
    found = []
    for draft in drafts:
        if not issue:
            found.append(Shown(draft, draft.statement, None))
        elif draft.differs:
            found.append(Shown(draft, draft.statement, ledger.entry(str(next(recorded).entry))))
        elif draft.there:
            found.append(Shown(draft, draft.there.statement, draft.there.fact.entry))
    return found


def _json(shown: Sequence[Shown], found: Sequence[Found]) -> None:
    from ledger.uses import Unused
    from projections.settlement.earlier import Open, open_json
    from projections.settlement.statements import draft_json, statement_json

    shapes = [
        statement_json(one.draft.deal, one.statement, one.entry) if one.entry else draft_json(one.draft)
        for one in shown
    ]
    earlier = [open_json(one) for one in found if isinstance(one, Open)]
    unused = [unused_json(one) for one in found if isinstance(one, Unused)]
    as_json({"schema": "deal.settlement/1", "statements": shapes, "earlier": earlier, "unused": unused})


def _csv(shown: Sequence[Shown]) -> None:
    from projections.settlement.statements import CSV, statement_rows

    as_csv(CSV, (row for one in shown for row in statement_rows(one.draft.deal, one.statement, one.entry)))


def _text(ledger: Ledger, shown: Sequence[Shown], told: Sequence[Told], explain: bool, period: str) -> None:
    for n, one in enumerate(shown):
        if n:
            line()
        draft = one.draft
        show_statement(
            draft.deal, one.statement, f"Statement {one.entry}" if one.entry else "Statement, draft", explain
        )
        if not one.entry:
            words(_remark(draft, period) + elsewhere(ledger) * (draft.closed is None and draft.differs))
    if told:
        again = f"deal statement {told[0].entry.position}{elsewhere(ledger)}"
        words(f"{number(len(told), 'statement')} issued. Print one again with: {again}")
    elif shown and shown[0].entry:
        words("These statements were issued before, and say the same; nothing was recorded.")


def _remark(draft: Draft, period: str) -> str:
    there = draft.there.fact.entry if draft.there else None
    if draft.closed:
        return f"The period is closed ({draft.closed}): what differs goes into the next statement as a true-up."
    if there and not draft.differs:
        return f"It was issued as {there}, and says the same."
    said = f"{there} was issued and says otherwise. Take its place with" if there else "Issue it with"
    return f"{said}: deal settle {period} {draft.deal} --issue"


def _end(found: Sequence[Found], drafts: Sequence[Draft], period: str) -> None:
    from projections.settlement.drafts import Draft
    from projections.settlement.earlier import Failed

    missing = [(d.deal, due.clause) for d in drafts for due in d.statement.dues if due.amount is None]
    if missing:
        words(f"{number(len(missing), 'payment')} could not be computed; the lines say what is missing.")
    if any(isinstance(one, Failed) for one in found):
        click.get_current_context().exit(FAILED)
    if not any(isinstance(one, Draft) for one in found):
        words(f"Nothing falls due in {period}.")
        click.get_current_context().exit(NOTHING)


@click.command("pay", context_settings={"ignore_unknown_options": True})
@click.argument("statement")
@click.argument("amount")
@click.option("--on", metavar="DAY", help="The day of the payment: its dated day.  [default: today]")
@with_paper
@with_recording
def pay_(statement: str, amount: str, on: str | None, **given: Any) -> None:
    """Enter a payment against a statement; what was paid back is negative.

    STATEMENT is the entry that issued it. A payment is a fact beside what is owed: in part, late or too much.

    \b
    Example:
      deal pay 14 740_000_000 --on 2025-05-15
    """
    from ledger.application import Ledger

    if on and given["dated"] not in (None, on):
        raise click.UsageError("A payment is dated on its day. Give --on or --dated, not both.")
    given["dated"] = on or given["dated"]
    with Ledger(given["address"], "read") as ledger:
        deal = ledger.entry(statement).deal
    run = {name: given.pop(name) for name in ("address", "dry_run", "by", "yes", "json")}
    from cli.entry import form_of

    enter(form_of("pay", deal, {**given, "statement": statement, "amount": amount}), **run, files=given["attach"])


@click.command("close")
@click.argument("period")
@click.argument("deal", required=False)
@with_recording
def close_(period: str, deal: str | None, **given: Any) -> None:
    """Close PERIOD of one deal, or of every deal that was stated in it: its statements stand.

    What changes later is still recorded; the next statement carries the difference as a true-up.

    \b
    Example:
      deal close 2025-Q1 openai-microsoft
    """
    from ledger.application import Ledger
    from ledger.form import draft_of
    from projections.settlement.closing import to_close

    with Ledger(given["address"], "read") as ledger:
        days, point = _asked(ledger, period, None, None)
        names = to_close(ledger, days, point, deal)
    if not names:
        words(f"No deal was stated in {period}. Make statements with: deal settle {period} --issue")
        click.get_current_context().exit(NOTHING)
    forms = [{"event": "close", "deal": name, "dated": today_text(), "period": period, **_key(given)} for name in names]
    record([draft_of(form) for form in forms], **_run(given))


@click.command("reopen")
@click.argument("period")
@click.argument("deal", required=False)
@click.option("--reason", default="", metavar="TEXT", help="Why; required.")
@with_recording
def reopen_(period: str, deal: str | None, reason: str, **given: Any) -> None:
    """Take back the closing of PERIOD, of one deal or of every deal that was closed with it.

    \b
    Example:
      deal reopen 2025-Q1 openai-microsoft --reason "the report for March was of another product"
    """
    from ledger.application import Ledger
    from ledger.errors import NotClosed
    from ledger.form import draft_of
    from projections.settlement.closing import closings

    with Ledger(given["address"], "read") as ledger:
        days, point = _asked(ledger, period, None, None)
        found = closings(ledger, days, point, deal)
    if not found:
        raise NotClosed()
    forms = [
        {"event": "reopen", "deal": name, "dated": today_text(), "closing": f"#{entry.position}", "reason": reason,
         **_key(given)}
        for name, entry in found
    ]  # fmt: skip
    record([draft_of(form) for form in forms], **_run(given))


def _key(given: dict[str, Any]) -> dict[str, str]:
    return {"key": given["key"]} if given["key"] else {}


def _run(given: dict[str, Any]) -> dict[str, Any]:
    return {name: given[name] for name in ("address", "dry_run", "by", "yes", "json")}
