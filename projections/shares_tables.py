"""The tables of projections.shares, and the one query over them. Rows are only ever added.

`claims`: what an entry sets. `fates`: that an entry was voided, replaced or brought back, from a position on.
`endings`: a plan's withdrawal or adoption. `met`: a condition met. `keys`: which keys a deal has ever had.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Column, Index, Integer, MetaData, Table, Text

from ledger.calendar import LAST_DAY

NO_END = LAST_DAY.isoformat()
TABLES = ("claims", "keys", "fates", "endings", "met")

# A row counts, whatever the day: recorded, known, with the evidence asked for, and neither voided nor replaced.
COUNTS = """
    {c}.entry <= :recorded AND {c}.known_since <= :known AND (:all_evidence = 1 OR {c}.confirmed = 1)
    AND COALESCE((SELECT f.stands FROM {fates} f WHERE f.entry = {c}.entry AND f.since <= :recorded
                  ORDER BY f.since DESC LIMIT 1), 1) = 1
"""

# So does a claim that is no plan, or where plans are asked for a plan that nothing has ended.
CLAIM_COUNTS = (
    COUNTS
    + """
    AND ({c}.planned = 0 OR (:planned = 1 AND NOT EXISTS (
        SELECT 1 FROM {endings} e WHERE e.deal = {c}.deal AND e.plan = {c}.place AND """
    + COUNTS.replace("{c}", "e")
    + ")))"
)

# The day on which the condition was met that a claim waits for; no end where it was not.
MET = (
    """
    COALESCE((SELECT m.day FROM {met} m WHERE m.deal = {c}.deal AND m.condition = {c}.until AND """
    + COUNTS.replace("{c}", "m")
    + f" ORDER BY m.dated DESC, m.place DESC LIMIT 1), '{NO_END}')"
)

PORTFOLIO = f"""
WITH term AS (
    SELECT t.deal, t.ended, t.own_end, {MET.replace("{c}", "t")} AS met_on
    FROM {{keys}} d JOIN {{claims}} t ON t.id = (
        SELECT c.id FROM {{claims}} c
        WHERE c.deal = d.deal AND c.key = 'term' AND {CLAIM_COUNTS.replace("{c}", "c")}
        ORDER BY c.dated DESC, c.place DESC LIMIT 1)
    WHERE d.key = 'term' {{only}}
), terms AS MATERIALIZED (
    SELECT deal, ended, CASE WHEN own_end < met_on THEN own_end ELSE met_on END AS term_end FROM term
)
SELECT c.deal, c.kind, c.clause, c.standing, c.confirmed, c.dated, c.known_since, c.entries,
       c.own_end, c.with_term, c.survives, t.ended, t.term_end, {MET.replace("{c}", "c")} AS met_on
FROM {{keys}} d LEFT JOIN terms t ON t.deal = d.deal
JOIN {{claims}} c ON c.id = (
    SELECT c.id FROM {{claims}} c
    WHERE c.deal = d.deal AND c.key = d.key AND c.start <= :on AND c.own_end > :on
      AND (t.term_end IS NULL OR t.term_end > :on OR c.survives = 1 OR (c.with_term = 0 AND t.ended = 0))
      AND (c.until IS NULL OR {MET.replace("{c}", "c")} > :on)
      AND {CLAIM_COUNTS.replace("{c}", "c")}
    ORDER BY c.dated DESC, c.place DESC LIMIT 1)
WHERE d.key <> 'term' AND c.kind <> 'drop' {{only}}
ORDER BY d.deal, d.key
"""


def table_name(generation: int, table: str) -> str:
    return f"shares_{generation}_{table}"


@cache
def tables_of(generation: int) -> MetaData:
    metadata = MetaData()
    metadata.info["generation"] = generation

    def paper() -> list[Column[Any]]:
        whole, words = ("entry", "place", "confirmed"), ("deal", "dated", "known_since")
        return [
            *(Column(n, Integer, nullable=False) for n in whole),
            *(Column(n, Text, nullable=False) for n in words),
        ]

    claims = Table(
        table_name(generation, "claims"), metadata, Column("id", Integer, primary_key=True), *paper(),
        Column("key", Text, nullable=False), Column("kind", Text, nullable=False),
        Column("clause", Text, nullable=False), Column("start", Text, nullable=False),
        Column("own_end", Text, nullable=False), Column("with_term", Integer, nullable=False),
        Column("survives", Integer, nullable=False), Column("ended", Integer, nullable=False), Column("until", Text),
        Column("planned", Integer, nullable=False), Column("standing", Text, nullable=False),
        Column("entries", Text, nullable=False),
    )  # fmt: skip
    Index(
        table_name(generation, "claims_order"),
        claims.c.deal,
        claims.c.key,
        claims.c.dated.desc(),
        claims.c.place.desc(),
    )
    Table(
        table_name(generation, "keys"),
        metadata,
        Column("deal", Text, primary_key=True),
        Column("key", Text, primary_key=True),
    )
    Table(
        table_name(generation, "fates"), metadata, Column("entry", Integer, primary_key=True, autoincrement=False),
        Column("since", Integer, primary_key=True, autoincrement=False), Column("stands", Integer, nullable=False),
    )  # fmt: skip
    endings = Table(table_name(generation, "endings"), metadata, *paper(), Column("plan", Integer, nullable=False))
    Index(table_name(generation, "endings_of"), endings.c.deal, endings.c.plan)
    met = Table(table_name(generation, "met"), metadata, *paper(), Column("condition", Text), Column("day", Text))
    Index(table_name(generation, "met_of"), met.c.deal, met.c.condition)
    return metadata
