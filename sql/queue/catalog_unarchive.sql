-- Ticks that passed meanwhile are none of its own.   $1 handle
UPDATE workflow_definitions
   SET status = 'active', archived_at = CASE WHEN file_exists THEN NULL ELSE archived_at END,
       scheduled_since = CASE WHEN status = 'archived' AND scheduled_since IS NOT NULL THEN now() ELSE scheduled_since END,
       updated_at = CASE status WHEN 'active' THEN updated_at ELSE now() END
 WHERE handle = $1
