"""The engines by name; each is loaded when it is asked for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ledger.address import shown
from ledger.errors import UnknownEngine
from projections.revenue.engine import Engine

if TYPE_CHECKING:
    from projections.revenue.postgres import PostgreSQL

_SPARK = re.compile(r"local(\[(\d+|\*)\])?|spark://.+|sc://.+")
_POSTGRES = re.compile(r"postgres(ql)?(\+psycopg)?://.*", re.DOTALL)


def engine_named(name: str) -> Engine:
    """The engine of a name or an address. Raises UnknownEngine, ExtraMissing, EngineUnfit."""
    if name == "duckdb":
        from projections.revenue.duck import DuckDB

        return DuckDB()
    if _SPARK.fullmatch(name):
        from projections.revenue.spark import Spark

        return Spark(name)
    if _POSTGRES.fullmatch(name):
        from projections.revenue.postgres import PostgreSQL

        return PostgreSQL(name)
    raise UnknownEngine(shown(name))


def server_at(address: str) -> PostgreSQL:
    """The server that keeps a table. Raises UnknownEngine for what is no address of one."""
    if not _POSTGRES.fullmatch(address):
        raise UnknownEngine(shown(address))
    from projections.revenue.postgres import PostgreSQL

    return PostgreSQL(address)
