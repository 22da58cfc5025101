"""Every refusal: one class each, which builds its own sentence from its own facts.

A refusal says what was asked, what is so, and the remedy. `exit_code` is what the command line ends with:
1 refused or failed, 2 usage, 3 a check found a difference, 4 nothing to answer, 5 conflict.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


class Refusal(Exception):
    """The base of all refusals; `str()` gives the whole sentence with its remedy."""

    exit_code: ClassVar[int] = 1


# --- how a thing is written -------------------------------------------------------------------------------


@dataclass(eq=False)
class NoSuchDay(Refusal):
    text: str

    def __str__(self) -> str:
        return f"There is no day {self.text} in the calendar. Check the month's length and write YYYY-MM-DD."


@dataclass(eq=False)
class NotADay(Refusal):
    text: str
    exit_code: ClassVar[int] = 2

    def __str__(self) -> str:
        return f"'{self.text}' is not a day. Write it as YYYY-MM-DD, for example 2025-01-21, or 'today'."


@dataclass(eq=False)
class NotAPeriod(Refusal):
    text: str
    exit_code: ClassVar[int] = 2

    def __str__(self) -> str:
        return (
            f"'{self.text}' is not a day or a period. Write a day (2025-01-21), a month (2025-01), "
            "a quarter (2025-Q1), a year (2025) or 'today'."
        )


@dataclass(eq=False)
class SpanEndsBeforeItStarts(Refusal):
    start: str
    through: str
    what: str = "The span"

    def __str__(self) -> str:
        return (
            f"{self.what} starts on {self.start} and ends before that, on {self.through}. "
            "Give a last day that is the first day or later."
        )


@dataclass(eq=False)
class NotationError(Refusal):
    """A text of the notation that cannot be read: where, what was expected, and how to write it."""

    text: str
    column: int  # 1-based, in characters
    expected: str
    example: str

    def __str__(self) -> str:
        start = max(0, self.column - 1 - 60)
        excerpt = self.text[start : self.column - 1 + 40].replace("\n", " ")
        caret = " " * (self.column - 1 - start) + "^"
        return (
            f"Column {self.column} cannot be read: expected {self.expected}.\n"
            f"    {excerpt}\n    {caret}\n"
            f"Write it like this: {self.example}"
        )


def listed(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`: for sentences."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


# --- amounts and terms ------------------------------------------------------------------------------------


@dataclass(eq=False)
class NotAnAmount(Refusal):
    text: str
    exit_code: ClassVar[int] = 2

    def __str__(self) -> str:
        return (
            f"'{self.text}' is not an amount. Write digits with a dot for decimals and, if you like, _ "
            "between thousands and k, m, bn, tn or % after them: 60m, 1.25bn, 1_200_000.50, 20%."
        )


@dataclass(eq=False)
class UnknownRounding(Refusal):
    rule: str
    rules: Sequence[str]
    exit_code: ClassVar[int] = 2

    def __str__(self) -> str:
        return f"There is no rounding rule '{self.rule}'. Use one of {listed(self.rules)}."


@dataclass(eq=False)
class UnknownCurrency(Refusal):
    currency: str
    exit_code: ClassVar[int] = 2

    def __str__(self) -> str:
        return (
            f"'{self.currency}' is not a currency code. Write the three capital letters of ISO 4217, "
            "for example USD."
        )


@dataclass(eq=False)
class NothingToSplitBy(Refusal):
    def __str__(self) -> str:
        return (
            "An amount cannot be split: the weights add to zero, or one of them is negative. "
            "Give at least one weight above zero and none below."
        )


@dataclass(eq=False)
class AmountTooLarge(Refusal):
    what: str

    def __str__(self) -> str:
        return f"{self.what} is too large to be computed exactly. Check the numbers; amounts go up to 10^40."


@dataclass(eq=False)
class ShareOutOfRange(Refusal):
    share: str
    measure: str

    def __str__(self) -> str:
        return (
            f"A share of {self.share} of {self.measure} is not between 0% and 100%. If a part flows the "
            "other way, name the payer and the payee the other way round; if the contract means a factor, "
            f"write it as one: 1.10 * {self.measure}."
        )


# --- computing terms --------------------------------------------------------------------------------------


@dataclass(eq=False)
class WindowWithoutStart(Refusal):
    window: str

    def __str__(self) -> str:
        return (
            f"A {self.window} cannot be counted: nobody said on which day the contract starts. "
            "Say it (--start 2025-07-01), or use a window of the calendar such as 'year' or "
            "'since 2025-07-01'."
        )


@dataclass(eq=False)
class Circle(Refusal):
    names: Sequence[str]

    def __str__(self) -> str:
        return (
            f"The terms go round in a circle: {' needs '.join(self.names)}. "
            "Let one of them refer to what was before this period: prior(... per life)."
        )


@dataclass(eq=False)
class NamedTwice(Refusal):
    name: str

    def __str__(self) -> str:
        return (
            f"Two lines are both named '{self.name}'. Give each flow and each definition a name of its own."
        )


@dataclass(eq=False)
class NotComputable(Refusal):
    """A formula whose parts do not go together; `why` is a sentence, `remedy` another."""

    text: str
    why: str
    remedy: str

    def __str__(self) -> str:
        return f"'{self.text}' cannot be computed: {self.why}. {self.remedy}"


@dataclass(eq=False)
class ReportedTwice(Refusal):
    measure: str
    first: str
    second: str

    def __str__(self) -> str:
        return (
            f"{self.measure} is reported for {self.first} and again for {self.second}, which overlap. "
            "Report each day once."
        )


@dataclass(eq=False)
class TermsTooLarge(Refusal):
    what: str
    limit: int

    def __str__(self) -> str:
        return (
            f"These terms have more than {self.limit:,} {self.what}. "
            "Take some lines out, or compute them apart."
        )


@dataclass(eq=False)
class NothingReported(Refusal):
    line: str

    def __str__(self) -> str:
        return (
            f"For which period '{self.line}' is to be computed cannot be told: it has no 'every', and no "
            "measure is reported for a period. Give one: revenue[2025-Q1]=12m, or --period 2025-Q1."
        )


@dataclass(eq=False)
class SheetRefused(Refusal):
    """Everything that is wrong with a sheet of terms: (line number, refusal) of each."""

    problems: Sequence[tuple[int, Refusal]]

    def __str__(self) -> str:
        return "\n".join(f"Line {number}: {problem}" for number, problem in self.problems)


@dataclass(eq=False)
class WhichPeriod(Refusal):
    measure: str
    exit_code: ClassVar[int] = 2

    def __str__(self) -> str:
        return (
            f"For which period {self.measure} is reported is not clear. "
            f"Say it: --measure {self.measure}[2025-Q1]=60m, or --period 2025-Q1 for all of them."
        )


@dataclass(eq=False)
class NotAMeasure(Refusal):
    text: str
    exit_code: ClassVar[int] = 2

    def __str__(self) -> str:
        return (
            f"'{self.text}' is not a reported measure. Write name=amount, with a period and dimensions in "
            "brackets: revenue=60m, revenue[2025-Q1]=12m or revenue[2025-Q1, product=api]=3m."
        )


@dataclass(eq=False)
class BadMeasureFile(Refusal):
    path: str
    problems: Sequence[str]

    def __str__(self) -> str:
        found = "\n".join(f"  {problem}" for problem in self.problems)
        return (
            f"{self.path} cannot be read as measures:\n{found}\n"
            "A CSV file has the columns measure, period (or from and through) and amount, and one for each "
            "dimension; or period and a column for each measure. A TOML file has a table for each measure: "
            '[revenue] 2025-Q1 = "12m".'
        )


@dataclass(eq=False)
class NotDated(Refusal):
    text: str
    exit_code: ClassVar[int] = 2

    def __str__(self) -> str:
        return (
            f"'{self.text}' does not say since when a condition holds. Write it like this: launch=2025-03-01."
        )


@dataclass(eq=False)
class NotAllComputed(Refusal):
    missing: Sequence[str]

    def __str__(self) -> str:
        return (
            f"Not everything could be computed: {'; '.join(self.missing)}. Report what is missing (zero is a "
            "report as well); where a counter starts later than its window, give --start or --opening."
        )
