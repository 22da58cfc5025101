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
# count from 0), and a leaf hash that is that of the line (see ledger.entry; to_json spells texts as it does).
IN_TURN = """
CREATE FUNCTION {schema}.entry_in_turn() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    head record;
    before bigint;
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


def statements(schema: str) -> list[str]:
    """The SQL that sets the guards; ALWAYS: not even a session that plays a replica goes round them."""
    made = [function.format(schema=schema) for function in FUNCTIONS.values()]
    made += [f"REVOKE ALL ON FUNCTION {schema}.{name}() FROM PUBLIC" for name in FUNCTIONS]
    for name, (table, when, function) in TRIGGERS.items():
        of = f"{schema}.{table}"
        made.append(f"CREATE TRIGGER {name} {when.format(table=of)} EXECUTE FUNCTION {schema}.{function}()")
        made.append(f"ALTER TABLE {of} ENABLE ALWAYS TRIGGER {name}")
    return made


# Whether a trigger fires always, as it was made; and what the functions do.
TRIGGERS_THERE = """
SELECT tgname FROM pg_trigger WHERE tgenabled = 'A' AND NOT tgisinternal
    AND tgrelid IN (SELECT oid FROM pg_class WHERE relnamespace = '{schema}'::regnamespace)
"""
FUNCTIONS_THERE = "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = '{schema}'::regnamespace"


def missing(schema: str, triggers: set[str], functions: dict[str, str]) -> list[str]:
    """The guards that are not there, or are not what `statements` made."""
    changed = {
        name for name, made in FUNCTIONS.items() if functions.get(name) != made.format(schema=schema).split("$$")[1]
    }
    return [name for name, (_, _, function) in TRIGGERS.items() if name not in triggers or function in changed] + [
        name for name in sorted(changed) if name == "take_turn"
    ]
