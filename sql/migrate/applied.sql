SELECT version, name, checksum
FROM reprise.schema_migration
ORDER BY version
