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
