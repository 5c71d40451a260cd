-- Definitions by what people call them.   $1 limit, $2 offset, $3 after this one
SELECT d.handle AS cursor_1,
-- include: query/_definition.sql
 WHERE $3::text IS NULL OR d.handle > $3
 ORDER BY d.handle LIMIT $1 OFFSET $2
