-- Which installation this database is: Redis keeps it beside what it holds, so that two installations on one Redis and prefix are
-- told apart (common/queue/redis_owner.h).
ALTER TABLE store_state ADD COLUMN installation text NOT NULL DEFAULT gen_random_uuid()::text;

-- Where this database lives. A copy of it, or one that was restored elsewhere, has the same installation and another home. (Only
-- the number of the database where the server's own is not told.)
CREATE FUNCTION database_home() RETURNS text LANGUAGE plpgsql STABLE SET search_path = reprise, public, pg_temp AS $$
DECLARE
    number text := (SELECT to_hex(oid::bigint) FROM pg_database WHERE datname = current_database());
BEGIN
    RETURN (SELECT to_hex(system_identifier) FROM pg_control_system()) || '.' || number;
EXCEPTION WHEN insufficient_privilege THEN
    RETURN '0.' || number;
END $$;
