SELECT to_regclass('reprise.schema_migration') IS NOT NULL
