"""Three roles for a ledger on a PostgreSQL server: reader, writer, owner; as SQL, for whoever runs the server.

Nobody but the owner could take a guard away, and that is found by verifying. The tables of answers belong to the
writers, who keep them up; readers may read them.
"""

from __future__ import annotations

import re

from ledger.address import ServerAddress, answers_of, parse, shown
from ledger.errors import NoRolesThere, NotARole
from ledger.postgres_guards import FUNCTIONS, TABLES, renewed

_ROLE = re.compile(r"[a-z_][a-z0-9_]{0,62}")

SQL = """\
-- Three roles for the ledger in the schema {schema}. Run this in its database, as a superuser, after deal init:
--     psql -v ON_ERROR_STOP=1 -d DATABASE -f FILE
-- and then give a role to those who log in: GRANT {writer} TO dana;
-- It may be run again.
BEGIN;

DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['{reader}', '{writer}', '{owner}'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
        END IF;
    END LOOP;
END $$;

-- The guards as this version makes them: an earlier one may refuse less.
{functions}

-- The owner: whom the tables and their guards belong to.
ALTER SCHEMA {schema} OWNER TO {owner};
{tables_owned}
{functions_owned}
GRANT {writer} TO {owner};

-- The writer: appends, and keeps the tables of answers, which are its own.
REVOKE ALL ON SCHEMA {schema}, {answers} FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM PUBLIC, {reader}, {writer};
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA {schema} FROM PUBLIC, {reader}, {writer};
GRANT USAGE ON SCHEMA {schema} TO {reader}, {writer};
GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {reader}, {writer};
GRANT INSERT ON {schema}.entries, {schema}.attachments TO {writer};
GRANT EXECUTE ON FUNCTION {schema}.take_turn() TO {writer};
ALTER SCHEMA {answers} OWNER TO {writer};
DO $$
DECLARE
    found text;
BEGIN
    FOR found IN SELECT tablename FROM pg_tables WHERE schemaname = '{answers}' LOOP
        EXECUTE format('ALTER TABLE {answers}.%I OWNER TO {writer}', found);
    END LOOP;
END $$;

-- The reader: reads both.
GRANT USAGE ON SCHEMA {answers} TO {reader};
GRANT SELECT ON ALL TABLES IN SCHEMA {answers} TO {reader};
ALTER DEFAULT PRIVILEGES FOR ROLE {writer} IN SCHEMA {answers} GRANT SELECT ON TABLES TO {reader};

COMMIT;
"""


def grants(address: str, reader: str, writer: str, owner: str) -> str:
    """The SQL for these names; raises NoRolesThere (a file has no roles) or NotARole."""
    found = parse(address)
    if not isinstance(found, ServerAddress):
        raise NoRolesThere(shown(address))
    for role in (reader, writer, owner):
        if not _ROLE.fullmatch(role) or role.startswith("pg_") or (reader, writer, owner).count(role) > 1:
            raise NotARole(role)
    schema = found.schema
    return SQL.format(
        schema=schema, answers=answers_of(schema), reader=reader, writer=writer, owner=owner,
        functions="\n".join(renewed(schema)),
        tables_owned="\n".join(f"ALTER TABLE {schema}.{table} OWNER TO {owner};" for table in TABLES),
        functions_owned="\n".join(f"ALTER FUNCTION {schema}.{name}() OWNER TO {owner};" for name in FUNCTIONS),
    )  # fmt: skip
