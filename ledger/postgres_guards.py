"""What a PostgreSQL database does by itself for a ledger in it, whoever writes: turns, order, and that nothing changes.

Functions run with the rights of the ledger's owner (SECURITY DEFINER), so that a writer needs no right but to insert.
"""

from __future__ import annotations

# A writer waits here until no other is left. The lock is on a table that nobody but the owner may lock, so that a
# reader cannot stop the writers; it is held until the transaction ends, and asking for it again costs nothing.
TAKE_TURN = """
CREATE FUNCTION {schema}.take_turn(OUT last bigint, OUT instant text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    LOCK TABLE {schema}.ledger IN EXCLUSIVE MODE;
    SELECT position, recorded_at INTO last, instant FROM {schema}.entries ORDER BY position DESC LIMIT 1;
END $$
"""

# Also for whoever writes INSERT by hand: dense positions, rising instants, dense versions (the library's recorders may
# count from 0), a leaf hash that is that of the line (see ledger.entry; to_json spells texts as it does), and the
# hashes of the subtrees that it completes (see ledger.tree), each of the two below it: whose they are is not asked.
IN_TURN = """
CREATE FUNCTION {schema}.entry_in_turn() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    head record;
    before bigint;
    hashed bytea := NEW.leaf;
    completed bytea := '';
    width bigint := 1;
BEGIN
    SELECT * INTO head FROM {schema}.take_turn();
    IF NEW.position <> coalesce(head.last, 0) + 1 THEN
        RAISE integrity_constraint_violation
            USING MESSAGE = format('entry %s is out of turn: %s comes next', NEW.position, coalesce(head.last, 0) + 1);
    END IF;
    IF NEW.recorded_at !~ '^\\d{{4}}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{{6}}Z$'
        OR NEW.recorded_at COLLATE "C" <= head.instant COLLATE "C" THEN
        RAISE integrity_constraint_violation
            USING MESSAGE = format('%s is not an instant after %s', NEW.recorded_at, head.instant);
    END IF;
    IF NEW.recorded_at >= '9999' OR NEW.recorded_at
        <> to_char(NEW.recorded_at::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') THEN
        RAISE integrity_constraint_violation USING MESSAGE = format('%s is no instant', NEW.recorded_at);
    END IF;
    SELECT max(version) INTO before FROM {schema}.entries WHERE deal = NEW.deal;
    IF NEW.version <> before + 1 OR (before IS NULL AND NEW.version NOT IN (0, 1)) THEN
        RAISE unique_violation
            USING MESSAGE = format('entry %s of %s is out of turn', NEW.version, NEW.deal);
    END IF;
    IF strpos(NEW.data, chr(10)) > 0 OR NEW.leaf <> sha256('\\x00'::bytea || convert_to(
        format('{{"position":%s,"recorded_at":%s,"recorded_by":%s,"deal":%s,"version":%s,"event":%s,"schema":%s,'
            '"key":%s,"data":%s}}',
            NEW.position, to_json(NEW.recorded_at), to_json(NEW.recorded_by), to_json(NEW.deal), NEW.version,
            to_json(NEW.event), NEW.schema, coalesce(to_json(NEW.key)::text, 'null'), NEW.data), 'UTF8')) THEN
        RAISE integrity_constraint_violation
            USING MESSAGE = format('the hash of entry %s is not that of its line', NEW.position);
    END IF;
    IF json_typeof(NEW.data::json) NOT IN ('object', 'string') THEN
        RAISE integrity_constraint_violation USING MESSAGE = format('entry %s says nothing', NEW.position);
    END IF;
    WHILE NEW.position % (2 * width) = 0 LOOP
        SELECT sha256('\\x01'::bytea || substr(leaf || nodes, 1 + length(completed), 32) || hashed) INTO hashed
            FROM {schema}.entries WHERE position = NEW.position - width;
        completed := completed || hashed;
        width := 2 * width;
    END LOOP;
    IF NEW.nodes IS DISTINCT FROM completed THEN
        RAISE integrity_constraint_violation
            USING MESSAGE = format('the tree at entry %s is not that of the hashes below it', NEW.position);
    END IF;
    RETURN NEW;
END $$
"""

NEVER = """
CREATE FUNCTION {schema}.never() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE integrity_constraint_violation USING MESSAGE = 'entries of a ledger are never changed or deleted';
END $$
"""

TELL = """
CREATE FUNCTION {schema}.tell() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_notify('{schema}', '');
    RETURN NULL;
END $$
"""

FUNCTIONS = {"take_turn": TAKE_TURN, "entry_in_turn": IN_TURN, "never": NEVER, "tell": TELL}

# The guards of earlier versions, which are whole all the same: the SHA-256 of how ledger.postgres_catalog tells them.
EARLIER = {
    # entry_in_turn of 0.2.0, which did not look at the tree
    "122d55324e2625186e595f3a2027eae8544fb87f179b46934342652f98374932",
}

TABLES = ("entries", "ledger", "checkpoints", "attachments")

# By name: the table, and when what is run.
TRIGGERS = {
    "entries_in_turn": ("entries", "BEFORE INSERT ON {table} FOR EACH ROW", "entry_in_turn"),
    "entries_tell": ("entries", "AFTER INSERT ON {table} FOR EACH STATEMENT", "tell"),
} | {
    f"{table}_never_{verb.lower()}": (table, f"BEFORE {verb} ON {{table}} FOR EACH STATEMENT", "never")
    for table in TABLES
    for verb in ("UPDATE", "DELETE", "TRUNCATE")
}


def renewed(schema: str) -> list[str]:
    """The SQL that puts today's functions in the place of those of an earlier version."""
    return [
        f"{text.format(schema=schema).strip().replace('CREATE FUNCTION', 'CREATE OR REPLACE FUNCTION', 1)};"
        for text in FUNCTIONS.values()
    ]


def statements(schema: str) -> list[str]:
    """The SQL that sets the guards; ALWAYS: not even a session that plays a replica goes round them."""
    made = [function.format(schema=schema) for function in FUNCTIONS.values()]
    made += [f"REVOKE ALL ON FUNCTION {schema}.{name}() FROM PUBLIC" for name in FUNCTIONS]
    for name, (table, when, function) in TRIGGERS.items():
        of = f"{schema}.{table}"
        made.append(f"CREATE TRIGGER {name} {when.format(table=of)} EXECUTE FUNCTION {schema}.{function}()")
        made.append(f"ALTER TABLE {of} ENABLE ALWAYS TRIGGER {name}")
    return made
