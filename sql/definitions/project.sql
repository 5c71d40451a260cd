-- name: project_delete
-- $1 id
DELETE FROM projects WHERE id = $1

-- name: project_insert
-- $1 id, $2 name, $3 path
INSERT INTO projects (id, name, path) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING

-- name: projects
SELECT id, name, path FROM projects ORDER BY id
