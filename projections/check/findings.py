"""What a check says: as it goes, what is wrong, and what it did not show."""

import sys
from typing import List


def safe(text: str) -> str:
    """One line, with what a terminal would obey shown as its code point: names and entries were written by others."""
    return "".join(c if c.isprintable() else "\\u%04x" % ord(c) for c in text)  # noqa: UP031


def count_of(number: int, singular: str, plural: str) -> str:
    """A number of things."""
    return f"{number} {singular if number == 1 else plural}"


class Findings:
    """What is wrong so far, and what is not shown."""

    def __init__(self) -> None:
        self.wrong: List[str] = []
        self.missing: List[str] = []

    def say(self, text: str) -> None:
        """Says one line."""
        sys.stdout.write(safe(text) + "\n")

    def is_wrong(self, text: str) -> None:
        """Something does not hold; it is said at the end."""
        self.wrong.append(text)

    def not_shown(self, text: str, because: str) -> None:
        """Something that was asked for is not shown."""
        self.missing.append(text)
        self.wrong.append(because)

    def conclude(self, holds: str) -> int:
        """Says what is wrong, and in the last line what it comes to; answers with the exit code."""
        for text in self.wrong:
            self.say(f"WRONG: {text}")
        if self.wrong:
            holds = count_of(len(self.wrong), "thing is", "things are") + " wrong."
            if self.missing:
                holds += f" NOT SHOWN: {'; '.join(self.missing)}."
        self.say(holds)
        sys.stdout.flush()
        return 3 if self.wrong else 0
