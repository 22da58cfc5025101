"""The heads of clauses: who pays whom, under which name; party names are free text in any script.

A name that contains `->`, ` as ` or `:`, or that starts with a quotation mark, stands in double quotes.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ledger.language.reader import RESERVED, another_name
from ledger.language.tokens import LONGEST, quoted, refusal, unquoted

_PARTY = re.compile(r'\s*(?:"((?:[^"\\]|\\["\\])*)"|((?:(?!->|\sas\s|:)[^"])(?:(?!->|\sas\s|:).)*))\s*', re.DOTALL)
_AS = re.compile(r"as\s+([^\s:]+)\s*")
_ARROW = re.compile(r"->")
_COLON = re.compile(r":\s*")
_NAME = re.compile(r"[^\W\d]\w*(?:-\w+)*")
_NEEDS_QUOTES = re.compile(r'->|(?:^|\s)as(?:\s|$)|:|^"|^\s|\s$|^$|\n')
LONGEST_NAME = 200


class Head(NamedTuple):
    """Payer, payee and name of a flow; the text goes on at `rest`."""

    payer: str
    payee: str
    name: str | None
    rest: int


def read_head(text: str, example: str, plain_name: bool = False) -> Head:
    """The head of `A -> B as name: ...`. With `plain_name`, the name must be one a formula can use."""
    payer, at = _party(text, 0, "the payer's name", example)
    at = _sign(text, at, _ARROW, "'->' after the payer's name", example)
    payee, at = _party(text, at, "the payee's name", example)
    name, at = _clause_name(text, at, example, plain_name)
    return Head(payer, payee, name, _sign(text, at, _COLON, _after_party(name, "payee"), example))


def read_holder(text: str, example: str) -> tuple[str, str | None, str]:
    """Holder, name (or None) and the words of a right."""
    holder, at = _party(text, 0, "the holder's name", example)
    name, at = _clause_name(text, at, example, plain=False)
    at = _sign(text, at, _COLON, _after_party(name, "holder"), example)
    words = text[at:].strip()
    if not words:
        raise refusal(text, at, "what the right is", example)
    return holder, name, words


def head_text(payer: str, payee: str, name: str | None) -> str:
    """`OpenAI -> Microsoft as revenue_share`, with quotes where a name needs them."""
    return f"{name_text(payer)} -> {name_text(payee)}{f' as {name}' if name else ''}"


def name_text(party: str) -> str:
    """A party's name as a head reads it back."""
    return quoted(party) if _NEEDS_QUOTES.search(party) else party


def _after_party(name: str | None, who: str) -> str:
    return "':' after the clause's name" if name else f"' as ' and a name, or ':' after the {who}'s name"


def _party(text: str, at: int, what: str, example: str) -> tuple[str, int]:
    if len(text) > LONGEST:
        raise refusal(text, LONGEST, f"a text of at most {LONGEST:,} characters", example)
    match = _PARTY.match(text, at)
    name = (unquoted(f'"{match[1]}"') if match[1] is not None else match[2]).strip() if match else ""
    if match is None or not name or "\n" in name:
        raise refusal(text, at + len(text[at:]) - len(text[at:].lstrip()), what, example)
    if len(name) > LONGEST_NAME:
        raise refusal(text, at, f"a name of at most {LONGEST_NAME} characters", example)
    return name, match.end()


def _clause_name(text: str, at: int, example: str, plain: bool) -> tuple[str | None, int]:
    match = _AS.match(text, at)
    if match is None:
        return None, at
    name = match[1]
    if name in RESERVED:
        raise refusal(text, match.start(1), another_name(name), example)
    if not _NAME.fullmatch(name) or (plain and "-" in name):
        signs = "letters, digits and _" if plain else "letters, digits, _ and -"
        raise refusal(text, match.start(1), f"a name of {signs} after 'as'", example)
    return name, match.end()


def _sign(text: str, at: int, pattern: re.Pattern[str], expected: str, example: str) -> int:
    match = pattern.match(text, at)
    if match is None:
        raise refusal(text, at, expected, example)
    return match.end()
