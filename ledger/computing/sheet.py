"""A sheet of terms: one line of text for each definition and flow, as in a deal's clauses.

    # a comment
    net_sales: gross - returns
    GSK -> Theravance as royalty: tiers(net_sales per year: 6.5% to 750m, 8% above)
        every quarter

A line that starts with a space goes on from the line before. A line without a name is a flow called
`amount`; with a name and without a payer, it is a definition, or a flow where it says when it is paid.
"""

from __future__ import annotations

import re

from ledger.computing.versions import Line, line
from ledger.errors import NamedTwice, NotationError, Refusal, SheetRefused
from ledger.language import notation
from ledger.language.terms import Flow

_NAMED = re.compile(r"\s*([^\W\d]\w*)\s*:")


def read_sheet(text: str) -> list[Line]:
    """The lines of a sheet. Raises SheetRefused with every problem and the number of its line."""
    found: dict[str, Line] = {}
    problems: list[tuple[int, Refusal]] = []
    for number, written in clauses(text):
        try:
            one = read_line(written)
            if one.name in found:
                raise NamedTwice(one.name)
            found[one.name] = one
        except Refusal as problem:
            problems.append((number, problem))
    if problems:
        raise SheetRefused(problems)
    return list(found.values())


def clauses(text: str) -> list[tuple[int, str]]:
    """The clauses of a sheet, each with the number of the line that it starts on."""
    found: list[tuple[int, str]] = []
    for number, row in enumerate(text.splitlines(), 1):
        if not row.strip() or row.lstrip().startswith("#"):
            continue
        if row[0].isspace() and found:
            found[-1] = (found[-1][0], f"{found[-1][1]}\n{row}")
        else:
            found.append((number, row.strip()))
    return found


def read_line(text: str) -> Line:
    """One clause: a flow with its parties, a named flow or definition, or a bare flow. Raises
    NotationError.
    """
    head = _NAMED.match(text)
    if head is not None:
        try:
            return line(*notation.parse_defines(text))
        except NotationError:
            return line(head[1], notation.parse_placed(text, head.end()))
    if "->" in text:
        payer, payee, name, flow = notation.parse_pays(text)
        return line(name or f"{payer} -> {payee}", flow, payer, payee)
    return line("amount", notation.parse(text))


def write_line(one: Line) -> str:
    """The canonical text of a line whose terms always stand."""
    terms = one.versions[0][1]
    if isinstance(terms, Flow):
        if one.payer is not None and one.payee is not None:
            name = None if one.name == f"{one.payer} -> {one.payee}" else one.name
            return notation.format_pays(one.payer, one.payee, name, terms)
        return f"{one.name}: {notation.format(terms)}" if one.name != "amount" else notation.format(terms)
    return notation.format_defines(one.name, terms)
