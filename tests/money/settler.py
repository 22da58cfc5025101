"""What statements say, by docs/settlement.md: what falls due, what earlier periods come to now, what was paid."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from tests.money.calendar import Span
from tests.money.oracle import Oracle

Row = tuple[str, Span]


@dataclass
class Statement:
    opening: Fraction
    dues: dict[Row, Fraction | None]
    true_ups: dict[Row, Fraction]
    received: Fraction

    @property
    def closing(self) -> Fraction:
        owed = [amount for amount in (*self.dues.values(), *self.true_ups.values()) if amount is not None]
        return self.opening + sum(owed, Fraction()) - self.received


@dataclass
class Settler:
    """One account: statements that follow one another and never change."""

    statements: list[Statement] = field(default_factory=list)
    stated: dict[Row, Fraction] = field(default_factory=dict)
    begun: int | None = None  # the first day of the first period that was settled
    paid: Fraction = Fraction()

    def settle(self, oracle: Oracle, period: Span) -> Statement:
        """The statement of a period, on what is known now."""
        self.begun = period[0] if self.begun is None else self.begun
        rows = {
            row: amount
            for row, amount in oracle.rows(
                (min((r.days[0] for r in oracle.reports), default=period[0]), period[1])
            ).items()
            if row[1][1] > self.begun
        }
        dues = {row: amount for row, amount in rows.items() if row[1][1] > period[0]}
        now = {row: amount for row, amount in rows.items() if row not in dues and amount is not None}
        gone = {row: -amount for row, amount in self.stated.items() if row not in rows}
        changed = {row: amount - self.stated.get(row, Fraction()) for row, amount in now.items()} | gone
        true_ups = {row: amount for row, amount in changed.items() if amount}
        opening = self.statements[-1].closing if self.statements else Fraction()
        self.statements.append(Statement(opening, dues, true_ups, self.paid))
        self.paid = Fraction()
        for row, amount in (*dues.items(), *true_ups.items()):
            if amount is not None:
                self.stated[row] = self.stated.get(row, Fraction()) + amount
        return self.statements[-1]
