"""What terms use of what is reported: of which measures and slices on which days, and what is used by none."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from ledger.accounts import added, days_of, overlap
from ledger.calendar import FIRST_DAY, Span, named
from ledger.computing.natures import beside_a_percentage
from ledger.events import Defines, Figure, Pays
from ledger.language import formula as f
from ledger.language import notation
from ledger.money import plain
from ledger.rule import Books

Filters: TypeAlias = tuple[f.Filter, ...]
Uses: TypeAlias = dict[str, list["Use"]]
Defined: TypeAlias = Mapping[str, list[tuple[Span, str]]]


class Use(NamedTuple):
    """Some days on which a measure is used, restricted to values of its dimensions."""

    days: Span
    filters: Filters

    def takes(self, figure: Figure) -> bool:
        """Whether a figure counts here; one without the dimension may."""
        if not overlap(self.days, days_of(figure)):
            return False
        told = figure.dimensions
        return all(one.dimension not in told or (told[one.dimension] in one.values) != one.without
                   for one in self.filters)  # fmt: skip


class Unused(NamedTuple):
    """Figures of one measure and currency that no terms of a deal use on their days: from the first to the last.

    `never`: nor do any terms use the measure on other days.
    """

    deal: str
    measure: str
    currency: str | None
    amount: Decimal
    days: Span
    rows: int
    never: bool = False

    def __str__(self) -> str:
        amount = f"{plain(self.amount)} {self.currency or ''}".rstrip()
        return (
            f"{self.deal}: {self.measure} for {named(self.days)}: {amount} ({self.rows:,} row{'s'[: self.rows != 1]})"
        )


def unused(deal: str, books: Books, figures: Iterable[Figure]) -> list[Unused]:
    """The figures that no terms use on their days, by measure and currency; a figure of zero is no matter."""
    uses: Uses | None = None
    found: dict[tuple[str, str], list[Figure]] = {}
    for figure in figures:
        if figure.amount:
            uses = uses_of(books) if uses is None else uses
            if not any(use.takes(figure) for use in uses.get(figure.measure, ())):
                found.setdefault((figure.measure, figure.currency or ""), []).append(figure)
    return [_together(deal, told) for _, told in sorted(found.items())]


def _together(deal: str, figures: list[Figure]) -> Unused:
    spans = [days_of(figure) for figure in figures]
    hull = Span(min(span.start for span in spans), max(span.end for span in spans))
    rows = sum(figure.rows[0] if figure.rows else 1 for figure in figures)
    return Unused(deal, figures[0].measure, figures[0].currency, added(figure.amount for figure in figures), hull, rows)


def uses_of(books: Books) -> Uses:
    """What the flows use, of which days. A flow that counts over longer than its period uses earlier days as well."""
    defined: dict[str, list[tuple[Span, str]]] = {}
    flows: list[tuple[Span, str]] = []
    for key, line in books.timelines.items():
        for span, claim in line.spans():
            if isinstance(claim.clause, Defines):
                defined.setdefault(key, []).append((span, claim.clause.terms))
            elif isinstance(claim.clause, Pays):
                flows.append((span, claim.clause.terms))
    found: Uses = {}
    for span, terms in flows:
        told = list(_named(terms, True, span, defined, (), frozenset()))
        days = Span(FIRST_DAY, span.end) if any(name is None for name, _ in told) else span
        for name, filters in told:
            if name is not None:
                found.setdefault(name, []).append(Use(days, filters))
    return found


def _named(
    terms: str, is_flow: bool, days: Span, defined: Defined, filters: Filters, within: frozenset[str]
) -> Iterator[tuple[str | None, Filters]]:
    """The measures that a formula names, by way of definitions too; None: that it counts over longer days."""
    names, counts = _read(terms, is_flow)
    if counts:
        yield None, ()
    for name, own in names:
        versions = [text for span, text in defined.get(name, ()) if overlap(span, days)]
        if name not in defined:
            yield name, (*filters, *own)
        elif name not in within:
            for text in versions:
                yield from _named(text, False, days, defined, (*filters, *own), within | {name})


def held(books: Books, flows: Collection[str] = ()) -> set[str]:
    """The measures that hold on days and do not add up: stocks and rates, as terms read them.

    And the factors of a product of measures, as long as none of them is known to be one of `flows`, or to hold: one
    of them is a price.
    """
    found: set[str] = set()
    products: set[tuple[frozenset[str], frozenset[str]]] = set()
    for line in books.timelines.values():
        for _, claim in line.spans():
            if isinstance(claim.clause, Defines | Pays):
                names, factors = _held(claim.clause.terms, isinstance(claim.clause, Pays))
                found |= names
                products |= factors
    for one, other in products:
        if not any(side <= found or side & {*flows} for side in (one, other)):
            found |= one | other
    return found


@lru_cache(maxsize=16_384)
def _held(
    terms: str, is_flow: bool
) -> tuple[frozenset[str], frozenset[tuple[frozenset[str], frozenset[str]]]]:  # fmt: skip
    """The names that a formula reads as stocks or rates, and the names on both sides of its products."""
    expr = notation.parse(terms).expr if is_flow else notation.parse_expr(terms)
    read = [node.of for node in f.walk(expr) if isinstance(node, f.Last | f.Rate)]
    names = [node.name for of in read for node in f.walk(of) if isinstance(node, f.Name)]
    sides = [
        (_names(node.left), _names(node.right))
        for node in f.walk(expr)
        if isinstance(node, f.Binary) and node.operator in ("*", "of")
    ]
    rates = frozenset([*names, *(name for node in f.walk(expr) for name in beside_a_percentage(node))])
    return rates, frozenset((one - rates, other - rates) for one, other in sides if one - rates and other - rates)


def _names(expr: f.Expr) -> frozenset[str]:
    return frozenset(node.name for node in f.walk(expr) if isinstance(node, f.Name))


@lru_cache(maxsize=16_384)
def _read(terms: str, is_flow: bool) -> tuple[tuple[tuple[str, Filters], ...], bool]:
    """The names in a formula, and whether anything in it counts over longer than a period."""
    expr = notation.parse(terms).expr if is_flow else notation.parse_expr(terms)
    nodes = list(f.walk(expr))
    names = tuple(dict.fromkeys((node.name, node.filters) for node in nodes if isinstance(node, f.Name)))
    counts = any(getattr(node, "window", None) or isinstance(node, f.Increase | f.Recoup | f.Last) for node in nodes)
    return names, counts
