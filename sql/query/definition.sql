-- One definition by what people call it.   $1 handle
SELECT
-- include: query/_definition.sql
 WHERE d.handle = $1
