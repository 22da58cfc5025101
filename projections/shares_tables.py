"""The tables of projections.shares, and the one query over them. Rows are only ever added.

`claims`: what an entry sets. `terms`: how long it says that the agreement runs. `fates`: that an entry was voided,
replaced or brought back, from a position on. `endings`: a plan's withdrawal or adoption. `met`: a condition met.
`keys`: which keys a deal has ever had.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Column, Index, MetaData, Table

from ledger.calendar import LAST_DAY
from ledger.tables import NUMBER, ONCE, WORDS

NO_END = LAST_DAY.isoformat()
TABLES = ("claims", "terms", "keys", "fates", "endings", "met")

# A row counts, whatever the day: recorded, known, with the evidence asked for, and neither voided nor replaced.
COUNTS = """
    {c}.entry <= :recorded AND {c}.known_since <= :known AND (:all_evidence = 1 OR {c}.counts_confirmed = 1)
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

# Of a claim: that it goes on after a day, be it by its own end, its condition or the term; {t} has the deal's term.
BEYOND = f"""
    ({{c}}.own_end > {{day}}
     AND ({{t}}.term_end IS NULL OR {{t}}.term_end > {{day}} OR {{c}}.survives = 1
          OR ({{c}}.with_term = 0 AND {{t}}.ended = 0))
     AND ({{c}}.until IS NULL OR {MET} > {{day}}))
"""


def beyond(claim: str, day: str) -> str:
    """The condition that a claim goes on after a day."""
    return BEYOND.replace("{c}", claim).replace("{t}", "t").replace("{day}", day)


# A later claim of the same key, on whatever days.
LATER = f"""
    FROM {{claims}} l WHERE l.deal = c.deal AND l.key = c.key
      AND (l.dated > c.dated OR (l.dated = c.dated AND l.place > c.place)) AND {CLAIM_COUNTS.replace("{c}", "l")}
      AND {beyond("l", "l.start")}
"""

# Deals that may have several terms, one after another: one says its first day, and is not the first to speak of them.
SEVERAL = """
SELECT DISTINCT b.deal FROM {keys} d JOIN {terms} b ON b.deal = d.deal
WHERE d.key = 'term' {only} AND b.begins = 1 AND EXISTS (
    SELECT 1 FROM {terms} o WHERE o.deal = b.deal AND (o.dated < b.dated OR (o.dated = b.dated AND o.place < b.place)))
"""

PORTFOLIO = f"""
WITH term AS (
    SELECT t.deal, t.ended, t.own_end, t.says_until, {MET.replace("{c}", "t")} AS met_on
    FROM {{keys}} d JOIN {{terms}} t ON t.id = (
        SELECT c.id FROM {{terms}} c
        WHERE c.deal = d.deal AND {CLAIM_COUNTS.replace("{c}", "c")}
        ORDER BY c.dated DESC, c.place DESC LIMIT 1)
    WHERE d.key = 'term' {{only}}
), terms AS MATERIALIZED (
    SELECT deal, ended, says_until, CASE WHEN own_end < met_on THEN own_end ELSE met_on END AS term_end FROM term
)
SELECT c.deal, c.kind, c.clause, c.standing, c.confirmed, c.dated, c.known_since, c.entries,
       c.own_end, c.with_term, c.survives, t.ended, t.term_end, t.says_until, {MET.replace("{c}", "c")} AS met_on,
       (SELECT MIN(l.start) {LATER} AND l.start > :on) AS followed
FROM {{keys}} d LEFT JOIN terms t ON t.deal = d.deal
JOIN {{claims}} c ON c.id = (
    SELECT c.id FROM {{claims}} c
    WHERE c.deal = d.deal AND c.key = d.key AND c.start <= :on AND {beyond("c", ":on")}
      AND {CLAIM_COUNTS.replace("{c}", "c")}
    ORDER BY c.dated DESC, c.place DESC LIMIT 1)
WHERE d.key <> 'term' AND c.kind <> 'drop' {{only}} AND d.deal NOT IN ({{several}})
  AND NOT EXISTS (SELECT 1 {LATER} AND l.stops_older = 1 AND l.start <= :on
                  AND NOT {beyond("l", ":on")} AND {beyond("l", "c.start")})
ORDER BY d.deal, d.key
"""


def table_name(generation: int, table: str) -> str:
    """The name of a table in a generation."""
    return f"shares_{generation}_{table}"


def table_in(tables: MetaData, table: str) -> Table:
    """A table of a generation."""
    name = table_name(tables.info["generation"], table)
    return tables.tables[f"{tables.schema}.{name}" if tables.schema else name]


def named_in(query: str, tables: MetaData) -> str:
    """The query with the names of the tables of a generation."""
    for table in TABLES:
        query = query.replace("{" + table + "}", table_in(tables, table).fullname)
    return query


@cache
def tables_of(schema: str | None, generation: int) -> MetaData:
    """The tables of a generation in a schema, as SQLAlchemy has them."""
    metadata = MetaData(schema=schema)
    metadata.info["generation"] = generation
    _claims(table_name(generation, "claims"), metadata)
    _terms(table_name(generation, "terms"), metadata)
    keys = _table(table_name(generation, "keys"), metadata, _words("deal", "key", primary_key=True))
    keys.info[ONCE] = True
    fates = [*_numbers("entry", "since", primary_key=True, autoincrement=False), *_numbers("stands")]
    _table(table_name(generation, "fates"), metadata, fates)
    endings = _table(table_name(generation, "endings"), metadata, [*_paper(), *_numbers("plan")])
    Index(f"{endings.name}_of", endings.c.deal, endings.c.plan)
    met = _table(table_name(generation, "met"), metadata, [*_paper(), *_words("condition", "day")])
    Index(f"{met.name}_of", met.c.deal, met.c.condition)
    return metadata


def _claims(name: str, metadata: MetaData) -> None:
    columns = [
        *_numbers("id", primary_key=True),
        *_paper(),
        *_words("key", "kind", "clause", "start", "own_end", "standing", "entries"),
        *_numbers("with_term", "survives", "planned", "stops_older"),
        *_words("until", nullable=True),
    ]
    claims = _table(name, metadata, columns)
    # Newest first: the claim that wins is the first of its key that counts.
    order = claims.c.deal, claims.c.key, claims.c.dated.desc(), claims.c.place.desc()
    Index(f"{name}_order", *order)


def _terms(name: str, metadata: MetaData) -> None:
    columns = [
        *_numbers("id", primary_key=True),
        *_paper(),
        *_words("start", "own_end"),
        *_numbers("begins", "ended", "planned"),
        *_words("until", "says_until", nullable=True),
    ]
    terms = _table(name, metadata, columns)
    Index(f"{name}_order", terms.c.deal, terms.c.dated.desc(), terms.c.place.desc())


def _paper() -> list[Column[Any]]:
    return [*_numbers("entry", "place", "confirmed", "counts_confirmed"), *_words("deal", "dated", "known_since")]


def _table(name: str, metadata: MetaData, columns: list[Column[Any]]) -> Table:
    return Table(name, metadata, *columns)


def _numbers(*names: str, **options: Any) -> list[Column[Any]]:
    return [Column(name, NUMBER, **{"nullable": False, **options}) for name in names]


def _words(*names: str, **options: Any) -> list[Column[Any]]:
    return [Column(name, WORDS, **{"nullable": False, **options}) for name in names]
