-- name: applied
SELECT version, name, checksum
FROM reprise.schema_migration
ORDER BY version

-- name: begin
BEGIN

-- name: commit
COMMIT

-- name: create
-- CREATE SCHEMA IF NOT EXISTS wants the right to create one even where it exists.
DO $$
BEGIN
    IF to_regnamespace('reprise') IS NULL THEN
        CREATE SCHEMA reprise;
    END IF;
    CREATE TABLE IF NOT EXISTS reprise.schema_migration (
        version    integer PRIMARY KEY,
        name       text NOT NULL,
        checksum   text NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now()
    );
END
$$

-- name: encoding
-- What the database keeps texts in.
SELECT current_database(), pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()

-- name: exists
SELECT to_regclass('reprise.schema_migration') IS NOT NULL

-- name: lock
-- Held by the session until its connection is closed. The key is "reprise" in ASCII.
SELECT pg_advisory_lock(x'72657072697365'::bigint)

-- name: lock_limit
-- A migration that waits for a table's lock makes all behind it wait too: back to the connection's own limit.
RESET lock_timeout

-- name: no_limits
-- Another program's migration is waited for however long it takes, and so is one of our own.
SELECT set_config('statement_timeout', '0', false),
       set_config('lock_timeout', '0', false),
       set_config('idle_in_transaction_session_timeout', '0', false)

-- name: record
INSERT INTO reprise.schema_migration (version, name, checksum)
VALUES ($1::integer, $2::text, $3::text)
