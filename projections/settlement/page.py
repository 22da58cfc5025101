"""A statement as one page of HTML for the payee: nothing but itself, for a screen and for paper."""

from __future__ import annotations

import re
from html import escape

from ledger.accounts import days_of
from ledger.calendar import named
from ledger.deal import Deal
from ledger.entry import Entry
from ledger.events import DealOpened, StatementIssued
from ledger.money import in_full, in_units
from projections.settlement.statements import Line, earlier_said, lines

STYLE = """
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, "Noto Sans", sans-serif; color: #1a1a1a; max-width: 46rem; margin: 3rem auto; padding: 0 1.5rem; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; }
.parties, footer { color: #555; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1.5rem; margin: 1.5rem 0; }
dt { color: #555; } dd { margin: 0; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: start; vertical-align: top; padding: .45rem 0; border-top: 1px solid #ddd; }
th:last-child, td:last-child { text-align: end; white-space: nowrap; padding-inline-start: 2rem; }
td small { display: block; color: #555; }
tr.closing td { font-weight: 600; border-top: 2px solid #1a1a1a; border-bottom: 2px solid #1a1a1a; }
td.known { font-style: italic; white-space: normal; }
details { margin: .25rem 0 0; color: #555; } summary { cursor: pointer; }
pre { font: .8rem/1.45 ui-monospace, monospace; white-space: pre-wrap; margin: .25rem 0; }
footer { margin-top: 2rem; font-size: .8rem; overflow-wrap: anywhere; }
@media print { body { margin: 0; max-width: none; font-size: 11pt; } details { display: none; } }
"""  # noqa: E501 - a line for each rule


INDENT = "\u2003"

# Words of the scripts that are written from right to left, with what stands between two of them.
_RIGHT = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff"
_FROM_THE_RIGHT = re.compile(f"[{_RIGHT}]+(?:[\\s\u200c\u200d]+[{_RIGHT}]+)*")


def page(deal: Deal, entry: Entry, statement: StatementIssued) -> str:
    """The page, UTF-8, without scripts and without anything to fetch; every text in its own direction."""
    opening = next(e.event for e in deal.entries if isinstance(e.event, DealOpened))
    period = named(days_of(statement))
    title = f"Statement {period}, {statement.payer} to {statement.payee}"
    rows = "\n".join(_row(one, statement.currency) for one in lines(statement))
    owes = statement.payer if statement.closing >= 0 else statement.payee
    owed = in_full(in_units(abs(statement.closing), statement.currency))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<h1>Statement {escape(period)}</h1>
<p class="parties">{_text(opening.title)}: {_text(statement.payer)} to {_text(statement.payee)}</p>
<dl>
<dt>Period</dt><dd>{statement.start} to {statement.through}</dd>
<dt>Issued</dt><dd>{statement.dated}, as number {escape(str(entry))}</dd>
<dt>Currency</dt><dd>{escape(statement.currency)}{" (what both owe is set off)" if statement.net else ""}</dd>
{_earlier(statement)}<dt>Balance</dt><dd><strong>{owed} {escape(statement.currency)}</strong> owed by {_text(owes)}</dd>
</dl>
<table>
<thead><tr><th scope="col">What</th><th scope="col">{escape(statement.currency)}</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
<footer>
<p>Computed on the ledger's first {statement.position:,} entries; {_known(statement)}.</p>
<p>Root of these entries: {escape(statement.root)}<br>Digest of this statement (SHA-256): {escape(statement.digest)}</p>
</footer>
</body>
</html>"""


def _row(one: Line, currency: str) -> str:
    said = [*one.inner, *(f"{INDENT * depth}{text}" for depth, text in one.steps(explained=False))]
    small = "".join(f"<small>{_text(text)}</small>" for text in said)
    steps = "\n".join(f"{'  ' * depth}{text}" for depth, text in one.steps(explained=True))
    more = f"<details><summary>How it is computed</summary><pre>{escape(steps)}</pre></details>" if steps else ""
    known = one.amount is not None
    amount = in_full(in_units(one.amount, currency)) if one.amount is not None else escape(one.instead)
    cell = f"<td>{amount}</td>" if known else f'<td class="known">{amount}</td>'
    return f'<tr class="{one.section}"><td>{_text(one.says)}{small}{more}</td>{cell}</tr>'


def _text(text: str) -> str:
    """A text in which names written from right to left keep to themselves, and do not turn the line round."""
    return _FROM_THE_RIGHT.sub(r"<bdi>\g<0></bdi>", escape(text))


def _earlier(statement: StatementIssued) -> str:
    said = earlier_said(statement)
    return f"<dt>Earlier periods</dt><dd>{_text(said)}</dd>\n" if said else ""


def _known(statement: StatementIssued) -> str:
    return f"known by {statement.known_by}" if statement.known_by else "all that was known"
