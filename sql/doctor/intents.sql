-- Announcements that say what cannot be (I3).   $1 how many to look at (null = all)
SELECT i.app_id || '/' || i.repository_id, w.what
  FROM (SELECT * FROM delivery_intents LIMIT $1::bigint) i LEFT JOIN tally t USING (operation_id)
 CROSS JOIN LATERAL (VALUES
       (t.operation_id IS NULL, format('an announcement is of the operation %s, which is not there', i.operation_id)),
       (i.seq NOT BETWEEN 1 AND t.last_seq, format('an announcement is of the job %s/%s, which was never planned', i.operation_id, i.seq)),
       (i.attempt < 0, 'an announcement is of no attempt'),
       (i.path_sha256 <> sha256(convert_to(i.file_path, 'UTF8')), 'an announcement has a path with another digest'),
       (i.verb NOT IN ('create', 'update', 'delete'), format('an announcement is a "%s"', i.verb))) w (wrong, what)
 WHERE wrong ORDER BY 1, 2 LIMIT 100
