-- $1 id, $2 name, $3 path
INSERT INTO projects (id, name, path) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING
