INSERT INTO reprise.schema_migration (version, name, checksum)
VALUES ($1::integer, $2::text, $3::text)
