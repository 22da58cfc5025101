"""What a PostgreSQL database holds of a ledger, by its catalog, and what the ledger itself makes there.

A definition is a text that is the same wherever it means the same; what is compared is these texts, by kind and name.
"""

from __future__ import annotations

from hashlib import sha256

from sqlalchemy import BigInteger, Column, Connection, Integer, LargeBinary, Table

from ledger import postgres_guards
from ledger.address import answers_of
from ledger.tables import metadata

KINDS = {
    "r": "table", "v": "view", "m": "view", "S": "sequence", "f": "foreign table", "p": "table", "c": "type",
    "i": "index", "t": "table",
}  # fmt: skip

# Relations with what hangs on a whole row of them: whether they survive a crash, whether rows are hidden from anybody.
RELATIONS = """
SELECT c.relkind::text, c.relname, concat_ws(' ', c.relpersistence, CASE WHEN c.relrowsecurity THEN 'row security' END,
    CASE WHEN c.relforcerowsecurity THEN 'forced' END,
    (SELECT string_agg(concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), 'COLLATE ' || l.collname,
        CASE WHEN a.attnotnull THEN 'NOT NULL' END, 'DEFAULT ' || pg_get_expr(d.adbin, d.adrelid)), ', '
        ORDER BY a.attnum)
     FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
     LEFT JOIN pg_collation l ON l.oid = a.attcollation AND l.collname <> 'default'
     WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped))
FROM pg_class c WHERE c.relnamespace = to_regnamespace('{schema}')
    AND (c.relkind <> 'i' OR NOT EXISTS (SELECT FROM pg_constraint o WHERE o.conindid = c.oid))
"""
OTHERS = """
SELECT 'constraint ' || conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = to_regnamespace('{schema}') AND contype <> 'n'
UNION ALL SELECT 'child table ' || i.inhrelid::regclass, 'of ' || c.relname
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhparent WHERE c.relnamespace = to_regnamespace('{schema}')
"""
# What runs by itself when somebody reads or writes, in either schema.
CODE = """
SELECT 'trigger ' || t.tgname, concat_ws(' ', t.tgenabled, pg_get_triggerdef(t.oid), n.nspname)
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = '{schema}' AND NOT t.tgisinternal
UNION ALL SELECT 'rule ' || r.rulename, pg_get_ruledef(r.oid)
    FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class WHERE c.relnamespace = to_regnamespace('{schema}')
UNION ALL SELECT 'policy ' || p.polname, c.relname
    FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid WHERE c.relnamespace = to_regnamespace('{schema}')
UNION ALL SELECT 'function ' || p.proname, concat_ws(' ', p.prokind, p.prosecdef, p.proconfig, p.prosrc)
    FROM pg_proc p WHERE p.pronamespace = to_regnamespace('{schema}')
"""
FUNCTION = "f {definer}{config} {source}"


def there(connection: Connection, schema: str) -> dict[str, str]:
    """What the ledger's schema holds, and the code in that of the answers: definitions by kind and name."""
    found = {
        f"{KINDS.get(kind, kind)} {name}": definition or ""
        for kind, name, definition in connection.exec_driver_sql(RELATIONS.format(schema=schema))
    }
    for query, of in ((OTHERS, schema), (CODE, schema), (CODE, answers_of(schema))):
        found |= {row[0]: row[1] for row in connection.exec_driver_sql(query.format(schema=of))}
    earlier = postgres_guards.EARLIER
    for name in postgres_guards.FUNCTIONS:
        text = found.get(f"function {name}", "")
        if sha256(text.replace(f"{schema}.", "SCHEMA.").encode()).hexdigest() in earlier:
            found[f"function {name}"] = own(schema)[f"function {name}"]
    return found


def outdated(connection: Connection, schema: str) -> bool:
    """Whether a guard is one of an earlier version, which refuses less."""
    found = connection.exec_driver_sql(CODE.format(schema=schema))
    texts = [definition.replace(f"{schema}.", "SCHEMA.") for _, definition in found]
    return any(sha256(text.encode()).hexdigest() in postgres_guards.EARLIER for text in texts)


def own(schema: str) -> dict[str, str]:
    """What the ledger makes in its schema, in the same words."""
    made = {f"table {table.name}": f"p {_columns(table)}" for table in metadata.sorted_tables}
    made["table attachments"] = "p sha256 text COLLATE C NOT NULL, content bytea NOT NULL"
    made |= {f"constraint {name}": definition for name, definition in CONSTRAINTS.items()}
    for name, (table, when, function) in postgres_guards.TRIGGERS.items():
        told = when.format(table=f"{schema}.{table}")
        made[f"trigger {name}"] = f"A CREATE TRIGGER {name} {told} EXECUTE FUNCTION {function}() {schema}"
    for name, text in postgres_guards.FUNCTIONS.items():
        head, source, _ = text.format(schema=schema).split("$$")
        definer = "SECURITY DEFINER" in head
        config = ' {"search_path=pg_catalog, pg_temp"}' if "SET search_path" in head else ""
        made[f"function {name}"] = FUNCTION.format(definer="t" if definer else "f", config=config, source=source)
    return made


CONSTRAINTS = {
    "ledger_pkey": "PRIMARY KEY (format)",
    "entries_pkey": 'PRIMARY KEY ("position")',
    "entries_deal_version_key": "UNIQUE (deal, version)",
    "entries_key_key": "UNIQUE (key)",
    "entries_position_check": 'CHECK (("position" >= 1))',
    "checkpoints_pkey": "PRIMARY KEY (note)",
    "attachments_pkey": "PRIMARY KEY (sha256)",
    "attachments_check": "CHECK ((sha256 = encode(sha256(content), 'hex'::text)))",
}


def _columns(table: Table) -> str:
    return ", ".join(f"{c.name} {_type(c)}{'' if c.nullable else ' NOT NULL'}" for c in table.columns)


def _type(column: Column[object]) -> str:
    if isinstance(column.type, LargeBinary):
        return "bytea"
    if isinstance(column.type, Integer):
        return "bigint" if isinstance(column.type, BigInteger) else "integer"
    return "text COLLATE C"
