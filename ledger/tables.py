"""The tables of a ledger, the same on every database: texts sort as their bytes do, and numbers have 64 bits."""

from __future__ import annotations

from functools import cache

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

ONCE = "once"  # in a table's info: a row that is there already is not added again

FORMAT = 1  # of the tables; a program refuses a ledger with a higher one

NUMBER = BigInteger().with_variant(Integer(), "sqlite")  # SQLite's integers have 64 bits by any name
WORDS = Text().with_variant(Text(collation="C"), "postgresql")  # SQLite sorts by bytes already

metadata = MetaData()

ledger = Table("ledger", metadata, Column("format", Integer, primary_key=True, autoincrement=False))

entries = Table(
    "entries",
    metadata,
    Column("position", NUMBER, primary_key=True, autoincrement=False),
    Column("recorded_at", WORDS, nullable=False),
    Column("recorded_by", WORDS, nullable=False),
    Column("deal", WORDS, nullable=False),
    Column("version", NUMBER, nullable=False),
    Column("event", WORDS, nullable=False),
    Column("schema", NUMBER, nullable=False),
    Column("key", WORDS),
    Column("data", WORDS, nullable=False),
    Column("leaf", LargeBinary, nullable=False),
    Column("nodes", LargeBinary, nullable=False),  # see ledger.tree
    UniqueConstraint("deal", "version"),
    UniqueConstraint("key"),
    CheckConstraint("position >= 1"),
)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("note", WORDS, primary_key=True),
    Column("size", NUMBER, nullable=False),
)


def columns_of(table: Table) -> list[str]:
    """The columns of a row as it is inserted; an `id` comes by itself."""
    return [column.name for column in table.columns if column.name != "id"]


@cache
def insertion(table: Table, mark: str) -> str:
    """The statement that inserts a row; `mark` is how the driver writes a parameter."""
    columns = columns_of(table)
    names, marks = ", ".join(f'"{name}"' for name in columns), ", ".join([mark] * len(columns))
    once = " ON CONFLICT DO NOTHING" if table.info.get(ONCE) else ""
    return f"INSERT INTO {table.fullname} ({names}) VALUES ({marks}){once}"
