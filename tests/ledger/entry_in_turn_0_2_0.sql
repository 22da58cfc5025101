CREATE OR REPLACE FUNCTION {schema}.entry_in_turn() RETURNS trigger
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
    IF NEW.recorded_at !~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$'
        OR NEW.recorded_at COLLATE "C" <= head.instant COLLATE "C" THEN
        RAISE integrity_constraint_violation
            USING MESSAGE = format('%s is not an instant after %s', NEW.recorded_at, head.instant);
    END IF;
    SELECT max(version) INTO before FROM {schema}.entries WHERE deal = NEW.deal;
    IF NEW.version <> before + 1 OR (before IS NULL AND NEW.version NOT IN (0, 1)) THEN
        RAISE unique_violation
            USING MESSAGE = format('entry %s of %s is out of turn', NEW.version, NEW.deal);
    END IF;
    IF strpos(NEW.data, chr(10)) > 0 OR NEW.leaf <> sha256('\x00'::bytea || convert_to(
        format('{"position":%s,"recorded_at":%s,"recorded_by":%s,"deal":%s,"version":%s,"event":%s,"schema":%s,'
            '"key":%s,"data":%s}',
            NEW.position, to_json(NEW.recorded_at), to_json(NEW.recorded_by), to_json(NEW.deal), NEW.version,
            to_json(NEW.event), NEW.schema, coalesce(to_json(NEW.key)::text, 'null'), NEW.data), 'UTF8')) THEN
        RAISE integrity_constraint_violation
            USING MESSAGE = format('the hash of entry %s is not that of its line', NEW.position);
    END IF;
    RETURN NEW;
END $$;
