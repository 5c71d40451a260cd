-- Definitions that have a schedule.   $1 limit, $2 offset, $3 after this one
SELECT d.handle AS cursor_1,
-- include: query/_definition.sql
 WHERE d.scheduled_since IS NOT NULL AND ($3::text IS NULL OR d.handle > $3)
 ORDER BY d.handle LIMIT $1 OFFSET $2
