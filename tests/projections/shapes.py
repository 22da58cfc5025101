"""Deals of real shapes for the property of settling: an opening, what may be reported of it, how it may change."""

from __future__ import annotations

from typing import NamedTuple

from tests.desk import Form, form

TERM = "2025-01-01..2026-12-31"


class Shape(NamedTuple):
    """A deal: its first clauses; measures (name, dimension, currency); what may change; which rates it needs."""

    name: str
    clauses: dict[str, object]
    measures: tuple[tuple[str, str, str], ...]
    changes: tuple[dict[str, object], ...]
    rates: tuple[str, ...] = ()

    def opening(self) -> Form:
        return form("open", "2025-01-01", party=["Acme", "Bolt", "Cargo", "Nord"], term=TERM, **self.clauses)


SHAPES = (
    Shape(
        "a flat share",
        {"pays": "Acme -> Bolt as share: 20% of revenue every quarter"},
        (("revenue", "", ""),),
        (
            {"pays": "Acme -> Bolt as share: 17.5% of revenue every quarter"},
            {"pays": "Acme -> Bolt as share: 33.3333% of revenue every quarter"},
            {"drop": "share"},
        ),
    ),
    Shape(
        "a flat share in whatever is reported",
        {"pays": "Acme -> Bolt as share: 20% of revenue every quarter"},
        (("revenue", "", "EUR"),),
        ({"pays": "Acme -> Bolt as share: 17.5% of revenue every quarter"},),
    ),
    Shape(
        "slices by the year, monthly, beside a quarterly fee",
        {
            "pays": [
                "Acme -> Bolt as royalty: tiers(revenue per year: 6.5% to 20k, 8% to 60k, 10% above) every month",
                "Bolt -> Acme as fee: 1_000 every quarter",
            ]
        },
        (("revenue", "", ""),),
        (
            {"pays": "Acme -> Bolt as royalty: tiers(revenue per year: 6% to 20k, 9% above) every month"},
            {"pays": "Bolt -> Acme as fee: 2% of revenue every quarter"},
        ),
    ),
    Shape(
        "a cap for life beside a minimum by the year, set off",
        {
            "pays": [
                "Acme -> Bolt as capped: cap(5% of revenue, 3k per life) every month",
                "Bolt -> Acme as least: atleast(3% of revenue, 2_500.01 per year) every quarter",
            ],
            "nets": "Acme <-> Bolt",
        },
        (("revenue", "", ""),),
        (
            {"pays": "Acme -> Bolt as capped: cap(7% of revenue, 3k per life) every month"},
            {"pays": "Bolt -> Acme as least: atleast(3% of revenue, 1k per year) every quarter"},
        ),
    ),
    Shape(
        "an advance recouped from a defined base",
        {
            "defines": [
                "net: gross - min(returns, 5% of gross)",
                "advance: due(2025-01-15: 2_000, 2025-04-15: 700.07)",
            ],
            "pays": [
                "Acme -> Bolt as advances: advance every month",
                "Acme -> Bolt as royalty: recoup(10% of net, advance per year) every quarter",
            ],
        },
        (("gross", "", ""), ("returns", "", "")),
        (
            {"defines": "net: gross - returns"},
            {"pays": "Acme -> Bolt as royalty: recoup(12% of net, advance per year) every quarter"},
        ),
    ),
    Shape(
        "a payee that changes",
        {"pays": "Acme -> Bolt as share: 12.5% of revenue every quarter"},
        (("revenue", "", ""),),
        (
            {"pays": "Acme -> Cargo as share: 12.5% of revenue every quarter"},
            {"pays": "Acme -> Bolt as share: 10% of revenue every quarter"},
        ),
    ),
    Shape(
        "two currencies",
        {
            "pays": [
                "Acme -> Bolt as share: 20% of revenue every month in USD",
                "Acme -> Cargo as thirds: revenue / 3 every quarter in JPY",
            ]
        },
        (("revenue", "", "USD"), ("revenue", "", "EUR")),
        ({"pays": "Acme -> Bolt as share: 15% of revenue every month in EUR"},),
        ("EUR/USD", "USD/JPY", "EUR/JPY"),
    ),
    Shape(
        "a pool whose parts are known in part, slice by slice for each product",
        {
            "pool": "makers: Bolt 1/3, Cargo 1/3, Nord",
            "pays": "Acme -> makers as share: each(app: tiers(revenue per year: 50% to 10k, 33.3% above)) every month",
        },
        (("revenue", "app = a", ""), ("revenue", "app = b", "")),
        ({"pays": "Acme -> makers as share: 40% of revenue every month"},),
    ),
)  # fmt: skip
