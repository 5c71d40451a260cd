-- $1 handle
UPDATE workflow_definitions
   SET status = 'archived', archived_at = coalesce(archived_at, now()),
       updated_at = CASE status WHEN 'archived' THEN updated_at ELSE now() END
 WHERE handle = $1
