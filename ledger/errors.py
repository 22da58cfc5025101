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


# --- what is stored ---------------------------------------------------------------------------------------


@dataclass(eq=False)
class UnreadableEvent(Refusal):
    event: str
    schema: int
    why: str

    def __str__(self) -> str:
        return (
            f"An event '{self.event}' of schema version {self.schema} cannot be read: {self.why}. "
            "Use the version of deal that wrote it, or a newer one."
        )


@dataclass(eq=False)
class NoLedger(Refusal):
    address: str

    def __str__(self) -> str:
        return (
            f"There is no ledger at {self.address}. Make one with: deal init --ledger {self.address}; "
            "or name another with --ledger or DEAL_LEDGER."
        )


@dataclass(eq=False)
class AlreadyALedger(Refusal):
    address: str

    def __str__(self) -> str:
        return f"There is a ledger at {self.address} already. Use it as it is, or name another place with --ledger."


@dataclass(eq=False)
class NotALedger(Refusal):
    address: str

    def __str__(self) -> str:
        return f"{self.address} is not a ledger. Name a ledger with --ledger, or make one: deal init --ledger FILE"


@dataclass(eq=False)
class NewerLedger(Refusal):
    address: str
    found: int
    known: int

    def __str__(self) -> str:
        return (
            f"The ledger at {self.address} has format {self.found}, and this version of deal knows formats up to "
            f"{self.known}. Install a newer version of deal-ledger."
        )


@dataclass(eq=False)
class NotWritable(Refusal):
    address: str

    def __str__(self) -> str:
        return (
            f"The ledger at {self.address} cannot be written: you may only read it. Ask for write permission on the "
            "file and its folder, or work on a copy; questions can be asked as it is."
        )


@dataclass(eq=False)
class CannotOpen(Refusal):
    address: str

    def __str__(self) -> str:
        return (
            f"{self.address} cannot be opened or made: its folder is missing or may not be written. "
            "Make the folder, or name another place with --ledger."
        )


@dataclass(eq=False)
class DiskFull(Refusal):
    address: str

    def __str__(self) -> str:
        return (
            f"The disk of the ledger at {self.address} is full or failing; nothing was recorded. Make room on it, "
            "then repeat the command."
        )


@dataclass(eq=False)
class LedgerBusy(Refusal):
    address: str
    seconds: int
    exit_code: ClassVar[int] = 5

    def __str__(self) -> str:
        return (
            f"Somebody else has been writing to the ledger at {self.address} for {self.seconds} seconds; nothing was "
            "recorded. Repeat the command when that has ended."
        )


@dataclass(eq=False)
class AddressNotSupported(Refusal):
    kind: str
    exit_code: ClassVar[int] = 2

    def __str__(self) -> str:
        return f"A ledger cannot lie in a '{self.kind}' database. Name a file, for example --ledger deals.db"
