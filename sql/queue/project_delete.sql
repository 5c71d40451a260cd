-- $1 id
DELETE FROM projects WHERE id = $1
