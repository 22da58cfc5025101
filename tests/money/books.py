"""A story as it is entered into a ledger, quarter by quarter, and settled there and by the oracle's settler."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

from hypothesis import strategies as st

from ledger.events import StatementIssued
from ledger.tree import root
from projections.lines import computable
from projections.point import Point
from projections.quoted import quote_on_reports
from projections.settlement.drafts import books_of
from tests.cases.office import DEAL, Office
from tests.money.calendar import EVER, Span, later
from tests.money.oracle import Oracle, Report, Version
from tests.money.settler import Settler, Statement
from tests.money.stories import MONTH, QUARTER, START, Making, amended, dates, days, flow_text, flows, reported

QUARTERS = [(later(START, n), later(START, n + 3)) for n in (0, 3, 6, 9)]


class Act(NamedTuple):
    """Something that is entered: report, restate, amend, void, pay or settle."""

    kind: str
    report: Report | None = None
    line: str = ""
    version: Version | None = None
    period: Span = (0, 0)
    amount: Fraction = Fraction()


class Books(NamedTuple):
    lines: dict[str, Version]
    acts: list[Act]

    def told(self) -> str:
        said = [f"{line}: {flow_text(v)}" for line, v in self.lines.items()]
        for act in self.acts:
            if act.report:
                r = act.report
                said.append(f"{act.kind} {r.measure}[{dates(r.days)}]={r.amount}")
            elif act.version:
                said.append(f"amend {act.line}: {flow_text(act.version)} from {dates(act.version.days)}")
            else:
                said.append(f"{act.kind} {dates(act.period) if act.period[1] else act.amount}")
        return "\n".join(said)


@st.composite
def books(draw: st.DrawFn, making: Making) -> Books:
    """A year of a deal, with amendments and restatements that reach back, payments, and quarters left out."""
    first = draw(flows(making))
    lines = {"share": Version((START, EVER[1]), first, draw(st.sampled_from([MONTH, QUARTER])))}
    uses_base = making.definition
    if uses_base:
        lines["base"] = Version(EVER, draw(flows(making._replace(definition=False), 1)))
    pending: list[Act] = []
    for at, quarter in enumerate(QUARTERS):
        names = ["x", "y", "k", "p", "n", "m"]
        monthly = draw(reported(names, quarter, MONTH, False, START))
        acts = [Act("report", r) for r in monthly if quarter[0] <= r.days[0] and r.days[1] <= quarter[1]]
        if at and draw(st.booleans()):
            known = [act.report for act in pending if act.report and act.kind == "report"]
            r = draw(st.sampled_from(known))
            acts.append(Act("restate", r._replace(amount=r.amount + draw(st.sampled_from([-100, 50, 1000])))))
        if draw(st.booleans()):
            old = (
                lines["share"]
                if not [a for a in pending if a.version]
                else [a.version for a in pending if a.version][-1]
            )
            since = draw(st.integers(START + 1, quarter[1] - 1))
            formula = draw(amended(old.formula, making))
            acts.append(Act("amend", None, "share", Version((since, EVER[1]), formula, old.every)))
        if draw(st.integers(0, 3)) == 0 and any(act.kind == "settle" for act in pending):
            acts.append(Act("pay", amount=Fraction(draw(st.integers(1, 90_000)), 100)))
        if draw(st.integers(0, 3)) or not at:
            acts.append(Act("settle", period=quarter))
        pending += acts
    return Books(lines, pending)


def terms(line: str, version: Version) -> dict[str, str]:
    said = flow_text(version)
    return {"pays": f"Acme -> Bolt as {line}: {said}"} if version.every else {"defines": f"{line}: {said}"}


def figure(r: Report) -> str:
    return f"{r.measure}[{dates(r.days)}]={float(r.amount):.2f}"


def entered(folder: Path, story: Books, only: frozenset[str] = frozenset()) -> list[StatementIssued]:
    """The statements of the ledger, in the order in which they were issued; without the acts of some kinds."""
    sheet = "\n".join(next(iter(terms(line, v).values())) for line, v in story.lines.items())
    office = Office(folder, sheet, "2025-01-01", "Acme", "Bolt", term="2025-01-01..2029-12-31")
    with office.ledger:
        for act in story.acts:
            if act.kind not in only:
                enter(office, act)
        return office.issued()


def enter(office: Office, act: Act) -> None:
    if act.report:
        office.enter(act.kind, figure=[figure(act.report)])
    elif act.version:
        office.enter("amend", from_=date.fromordinal(act.version.days[0]).isoformat(), **terms(act.line, act.version))
    elif act.kind == "settle":
        office.issue(dates(act.period))
    else:
        last = [e for e in office.ledger.history("contract") if isinstance(e.event, StatementIssued)]
        if last:
            office.enter("pay", statement=last[-1].position, amount=f"{float(act.amount):.2f}")


def expected(story: Books) -> list[Statement]:
    """The statements by the settler."""
    lines = {line: [v] for line, v in story.lines.items()}
    reports: list[Report] = []
    settler = Settler()
    for act in story.acts:
        if act.report:
            same = [r for r in reports if r[:2] == act.report[:2] and r.slices == act.report.slices]
            reports = [r for r in reports if r not in same] + [act.report]
        elif act.version:
            since = act.version.days[0]
            cut = [v._replace(days=(v.days[0], min(v.days[1], since))) for v in lines[act.line] if v.days[0] < since]
            lines[act.line] = [*cut, act.version]
        elif act.kind == "settle":
            settler.settle(Oracle(lines, reports, START), act.period)
        else:
            settler.paid += act.amount
    return settler.statements


def quoted(folder: Path, story: Books, period: Span) -> list[Fraction | None]:
    """What the ledger's deal is quoted to pay in a period, on what it has reported."""
    sheet = "\n".join(next(iter(terms(line, v).values())) for line, v in story.lines.items())
    office = Office(folder, sheet, "2025-01-01", "Acme", "Bolt", term="2025-01-01..2029-12-31")
    with office.ledger as ledger:
        for act in story.acts:
            enter(office, act)
        entries, head = ledger.history(DEAL), ledger.entries.head()
        point = Point(ledger.today, None, head, root=root(ledger.database, head))
        found = computable(DEAL, entries, point, True)
        asked = {"start": found.starts, "conditions": found.conditions}
        rows = quote_on_reports(books_of(DEAL, entries, point), found.lines, [], days(period), **asked).rows
    return [Fraction(r.payment) if isinstance(r.payment, Decimal) else None for r in rows if r.part.is_flow]
