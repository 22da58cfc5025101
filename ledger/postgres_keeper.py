"""Who keeps the tables of answers on a PostgreSQL server: one at a time, with the rights of the schema's owner.

Whoever may write answers may also put a trigger there, which would run with the rights of the next one who comes: an
owner's, or a superuser's. To take the owner's role does not hold it back, for whoever runs code in a session can give
the role up. So nothing is written where anything could run, and the tables are locked before that is looked at.
"""

from __future__ import annotations

from sqlalchemy import Connection

from ledger.errors import CodeInAnswers

# Whoever makes a table owns it; made by the owner of the schema, it belongs to all who may keep answers.
KEEPER = """
SELECT set_config('role', CASE WHEN pg_has_role(nspowner, 'MEMBER') THEN pg_get_userbyid(nspowner)
    ELSE 'none' END, true)
FROM pg_namespace WHERE nspname = '{schema}'
"""
# Anybody may take this lock, a reader for ever: so it is only for who makes the first table there.
FIRST = f"SELECT pg_advisory_xact_lock({int.from_bytes(b'deal')}, '{{schema}}'::regnamespace::oid::int)"

TABLES = "SELECT format('%%I.%%I', schemaname, tablename) FROM pg_tables WHERE schemaname = '{schema}' ORDER BY 1"

# What would run when somebody reads or writes the tables of answers: triggers, rules and policies, and whatever
# defaults, constraints, indexes and types call that PostgreSQL itself did not bring.
STRANGE = """
WITH own AS (SELECT oid, relname, relkind, relrowsecurity FROM pg_class
    WHERE relnamespace = to_regnamespace('{schema}'))
SELECT 'the trigger ' || t.tgname FROM pg_trigger t JOIN own ON own.oid = t.tgrelid
UNION ALL SELECT 'the rule ' || r.rulename FROM pg_rewrite r JOIN own ON own.oid = r.ev_class
UNION ALL SELECT 'a policy on ' || relname FROM own
    WHERE relrowsecurity OR EXISTS (SELECT FROM pg_policy WHERE polrelid = own.oid)
UNION ALL SELECT 'the column ' || relname || '.' || a.attname FROM own JOIN pg_attribute a ON a.attrelid = own.oid
    JOIN pg_type y ON y.oid = a.atttypid LEFT JOIN pg_attrdef d ON d.adrelid = own.oid AND d.adnum = a.attnum
    WHERE relkind IN ('r', 'p', 'f') AND a.attnum > 0 AND (y.typnamespace <> 'pg_catalog'::regnamespace
        OR starts_with(pg_get_expr(d.adbin, d.adrelid), 'nextval(') IS FALSE)
UNION ALL SELECT 'the constraint ' || c.conname FROM pg_constraint c JOIN own ON own.oid = c.conrelid
    WHERE c.contype NOT IN ('p', 'u', 'n')
UNION ALL SELECT 'the index ' || i.indexrelid::regclass FROM pg_index i JOIN own ON own.oid = i.indrelid
    WHERE i.indexprs IS NOT NULL OR i.indpred IS NOT NULL OR EXISTS (SELECT FROM pg_opclass o
        WHERE o.oid = ANY (i.indclass::oid[]) AND o.opcnamespace <> 'pg_catalog'::regnamespace)
"""


def keep(connection: Connection, address: str, schema: str) -> None:
    """Waits for our turn, and takes the rights of the keeper; raises CodeInAnswers."""
    if connection.exec_driver_sql(KEEPER.format(schema=schema)).first() is None:
        connection.exec_driver_sql(f"CREATE SCHEMA {schema}")  # answers are disposable, and so is their place
    if not _locked(connection, schema):
        connection.exec_driver_sql(FIRST.format(schema=schema))
        _locked(connection, schema)
    if code := connection.exec_driver_sql(STRANGE.format(schema=schema)).scalars().all():
        raise CodeInAnswers(address, schema, code)


def tables(connection: Connection, schema: str) -> list[str]:
    """The tables of answers, with their schema."""
    return list(connection.exec_driver_sql(TABLES.format(schema=schema)).scalars())


def _locked(connection: Connection, schema: str) -> bool:
    """Locks the tables, if there are any, against other keepers and against whoever would put code there."""
    first = f"{schema}.projections"  # which stays; whoever has it is the only one to make and drop the others
    if first not in tables(connection, schema):
        return False
    connection.exec_driver_sql(f"LOCK TABLE {first} IN SHARE ROW EXCLUSIVE MODE")
    connection.exec_driver_sql(f"LOCK TABLE {', '.join(tables(connection, schema))} IN SHARE ROW EXCLUSIVE MODE")
    return True
