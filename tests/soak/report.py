"""The table of a soak: what was done to the ledger, how often, what was lost, and how one would know."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

HEADER = ("FAULT", "TRIED", "LOST", "HOW IT WOULD BE FOUND", "SEEN")


@dataclass(frozen=True, slots=True)
class Line:
    """One fault: how often it was tried, what was lost (0), how found, and what else was seen: rates, seeds."""

    fault: str
    tried: int
    lost: int
    found: str
    seen: str = ""

    def cells(self) -> tuple[str, ...]:
        return self.fault, f"{self.tried:,}", f"{self.lost:,}", self.found, self.seen


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Rows in columns as wide as they need."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows)


def table(lines: Sequence[Line]) -> str:
    """The lines under their header."""
    return aligned([HEADER, *(line.cells() for line in lines)])


def say(line: Line, file: Path | None = None) -> Line:
    """Prints a line as soon as it is known, and keeps it in a file for the table at the end."""
    print("  ".join(line.cells()).rstrip(), flush=True)
    if file:
        with file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(asdict(line)) + "\n")
    return line


def kept(file: Path) -> list[Line]:
    """The lines that were kept in a file."""
    return [Line(**json.loads(text)) for text in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []
