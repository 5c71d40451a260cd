-- Every version that an operation ran by is kept.   $1 digest, $2 canonical JSON
INSERT INTO definition_versions (digest, body) VALUES ($1, $2) ON CONFLICT DO NOTHING
