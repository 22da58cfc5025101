"""What a clause's text says, without computing it: its canonical form, what it needs, what nobody knows
of it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from ledger.computing.sheet import clauses, read_line, write_line
from ledger.computing.versions import Line
from ledger.errors import Refusal, listed
from ledger.language import formula as f
from ledger.language import terms
from ledger.language.printer import formula_text
from ledger.language.terms import Flow


@dataclass(frozen=True, slots=True)
class Reading:
    """One clause as it was read; `number` is its line in a sheet."""

    number: int
    name: str
    kind: str
    canonical: str
    measures: list[str]
    dimensions: list[str]
    conditions: list[str]
    unknown: list[str]
    problem: str | None = None  # a share out of range

    @property
    def computable(self) -> bool:
        return not self.unknown

    def record(self) -> dict[str, object]:
        return {**asdict(self), "computable": self.computable}

    def in_words(self) -> str:
        rows = [self.canonical, f"  needs       {', '.join(self.measures) or 'no measure'}"]
        if self.dimensions:
            rows.append(f"  dimensions  {', '.join(self.dimensions)}")
        if self.conditions:
            rows.append(f"  conditions  {', '.join(self.conditions)}")
        rows.append(f"  computable  {self._verdict()}")
        return "\n".join(rows)

    def one_line(self) -> str:
        needs = ", ".join(self.measures) or "no measure"
        return f"{self.number}: {self.canonical}  # needs {needs}; {self._verdict()}"

    def _verdict(self) -> str:
        if self.problem:
            return self.problem
        return "yes" if self.computable else f"no: {listed(self.unknown)} is not known"


def read_clauses(text: str, sheet: bool) -> list[Reading | tuple[int, Refusal]]:
    """The readings of a text, or of every clause of a sheet; for what cannot be read, its line and the
    refusal.
    """
    found: list[Reading | tuple[int, Refusal]] = []
    for number, written in clauses(text) if sheet else [(1, text)]:
        try:
            found.append(_reading(number, read_line(written)))
        except Refusal as refusal:
            found.append((number, refusal))
    return found


def _reading(number: int, line: Line) -> Reading:
    value = line.versions[0][1]
    expr = value.expr if isinstance(value, Flow) else value
    open_ = dict.fromkeys(formula_text(n) for n in f.walk(expr) if isinstance(n, f.Unknown | f.About))
    problem = None
    if isinstance(value, Flow):
        try:
            terms.check_shares(value)
        except Refusal as refusal:
            problem = str(refusal)
    return Reading(
        number,
        line.name,
        "pays" if isinstance(value, Flow) else "defines",
        write_line(line),
        terms.measures(expr),
        terms.dimensions(expr),
        terms.conditions(expr),
        list(open_),
        problem,
    )
