"""An office that settles a contract: enters it from its sheet, reports, issues, and reads what was said."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from ledger.application import Ledger
from ledger.batch import Draft, Told
from ledger.events import StatementIssued
from ledger.figures import period as days_in
from ledger.form import draft_of
from ledger.tree import root
from projections.point import Point
from projections.settlement.drafts import Draft as Drawn
from projections.settlement.drafts import settle
from tests.desk import Form

DEAL = "contract"


def clauses(sheet: str) -> Form:
    """The flows and definitions of a sheet of terms, as the fields of a form."""
    lines: list[str] = []
    for text in sheet.splitlines():
        if text.startswith("    "):
            lines[-1] += " " + text.strip()
        elif text and not text.startswith("#"):
            lines.append(text)
    flows = [line for line in lines if "->" in line]
    return {"pays": flows, "defines": [line for line in lines if line not in flows]}


class Office:
    """Somebody with a ledger and a calendar, which she turns herself."""

    def __init__(self, folder: Path, sheet: str, dated: str, *parties: str, today: str = "2026-01-01", **more: object):
        self.today = today
        self.ledger = Ledger(str(folder / "deals.db"), "create", clock=self._now)
        self.enter("open", dated, party=list(parties), **clauses(sheet), **more)

    def _now(self) -> datetime:
        return datetime.fromisoformat(self.today).replace(hour=12, tzinfo=UTC)

    def enter(self, event: str, dated: str | None = None, **fields: object) -> Told:
        form = {"event": event, "deal": DEAL, "dated": dated or self.today, **fields}
        form = {name.rstrip("_"): value for name, value in form.items() if value}
        return self.ledger.record([draft_of(form)], "Dana")[0]

    def report(self, period: str, *figures: str, **amounts: object) -> Told:
        told = [*figures, *(f"{name}={amount}" for name, amount in amounts.items())]
        return self.enter("report", period=period, figure=told)

    def drafts(self, period: str, known: str | None = None) -> list[Drawn]:
        head = self.ledger.entries.head()
        day = datetime.fromisoformat(known).date() if known else None
        point = Point(self.ledger.today, day, head, root=root(self.ledger.database, head))
        return settle(DEAL, self.ledger.history(DEAL), days_in(period), point, self.ledger.today)

    def issue(self, period: str) -> dict[str, StatementIssued]:
        """Issues what a period comes to; the statements by payer."""
        drafts = self.drafts(period)
        self.ledger.record([Draft(DEAL, draft.statement) for draft in drafts], "Dana")
        return {draft.statement.payer: draft.statement for draft in drafts}

    def issued(self) -> list[StatementIssued]:
        return [e.event for e in self.ledger.history(DEAL) if isinstance(e.event, StatementIssued)]


def owed(statement: StatementIssued, clause: str) -> list[str]:
    """What falls due of a clause, payment by payment."""
    return [str(due.amount) for due in statement.dues if due.clause == clause]


def trued_up(statement: StatementIssued) -> list[tuple[str, str, str, list[tuple[str, int | None]]]]:
    """Clause, first day, difference and causes of every true-up."""
    return [
        (one.clause, str(one.start), str(one.amount), [(str(cause.amount), cause.entry) for cause in one.causes])
        for one in statement.true_ups
    ]


def in_all(*statements: StatementIssued) -> Decimal:
    """All that fell due in statements, and their true-ups."""
    parts = [part for statement in statements for part in (*statement.dues, *statement.true_ups)]
    assert all(part.amount is not None for part in parts)
    return sum((part.amount for part in parts if part.amount is not None), Decimal(0))
