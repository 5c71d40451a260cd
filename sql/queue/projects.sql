SELECT id, name, path FROM projects ORDER BY id
