-- name: cancel_mark
-- What a cancelled re-sync leaves on a link that it had cleared: failed, until a person takes it up again (without a time it is
-- never due for a rescan). A link that another job has synced meanwhile keeps that.
-- $1 operation, $2 keys, $3 checkpoints
UPDATE app_repositories l
   SET result = 'failed', last_scanned_at = NULL,
       last_error = CASE WHEN c.checkpoint ? 'total'
           THEN format('re-sync cancelled after %s of %s files', c.checkpoint ->> 'done', c.checkpoint ->> 'total')
           ELSE 're-sync cancelled before any file was sent' END
  FROM (SELECT split_part(key, '/', 1) AS app_id, split_part(key, '/', 2) AS repository_id, checkpoint::jsonb
          FROM unnest($2::text[], $3::text[]) AS removed (key, checkpoint)) c
 WHERE l.app_id = c.app_id AND l.repository_id = c.repository_id AND (c.checkpoint ->> 'cleared')::boolean
   AND l.synced_tree_id IS NULL AND $1::text IS NOT NULL
