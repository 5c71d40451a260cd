-- Runs of a filter that is known to match few: all of them are read and sorted, by any key, in either direction, those without
-- one last. A key is a number (issues too, where they are), else a word.
-- $1 limit, $2 offset, $3, $4 after this key (null = none) and id; the filters: _workflows_wanted.sql; $11 sort key,
-- $12 1 = ascending, -1 = descending; $13 ids, of listed ones
WITH wanted AS MATERIALIZED (
    SELECT h.id, $12::bigint * CASE $11::text
               WHEN 'created_at' THEN extract(epoch FROM h.created_at) WHEN 'updated_at' THEN extract(epoch FROM h.updated_at)
               WHEN 'start_time' THEN extract(epoch FROM h.start_time) WHEN 'end_time' THEN extract(epoch FROM h.end_time)
               WHEN 'duration_seconds' THEN h.duration_seconds::numeric
               WHEN 'issue_number' THEN CASE WHEN h.issue_number ~ '^\d{1,18}$' THEN h.issue_number::numeric END
               WHEN 'actual_cost_total' THEN h.actual_cost_total WHEN 'total_tokens' THEN h.total_tokens
               WHEN 'cache_efficiency_percent' THEN h.cache_efficiency_percent::numeric END AS number,
           CASE $11::text WHEN 'adw_id' THEN h.adw_id WHEN 'status' THEN h.status
               WHEN 'issue_number' THEN CASE WHEN h.issue_number !~ '^\d{1,18}$' THEN h.issue_number END END COLLATE "C" AS word
      FROM workflow_history h
     WHERE
-- include: query/_workflows_{AMONG}.sql IDS=$13
       AND
-- include: query/_workflows_wanted.sql
),
last AS (
    SELECT $4::text::bigint AS id, $12::bigint * CASE
               WHEN $11::text IN ('created_at', 'updated_at', 'start_time', 'end_time') THEN extract(epoch FROM $3::text::timestamptz)
               WHEN $11::text IN ('duration_seconds', 'cache_efficiency_percent') THEN $3::text::float8::numeric
               WHEN $11::text = 'issue_number' THEN CASE WHEN $3::text ~ '^\d{1,18}$' THEN $3::text::numeric END
               WHEN $11::text NOT IN ('adw_id', 'status') THEN $3::text::numeric END AS number,
           CASE WHEN $11::text IN ('adw_id', 'status') OR $11::text = 'issue_number' AND $3::text !~ '^\d{1,18}$'
                THEN $3::text END COLLATE "C" AS word),
page AS (
    SELECT w.* FROM wanted w, last
     WHERE last.id IS NULL
        OR (w.number IS NULL, coalesce(w.number, 0), w.word IS NULL)
           > (last.number IS NULL, coalesce(last.number, 0), last.word IS NULL)
        OR (w.number IS NULL, coalesce(w.number, 0), w.word IS NULL)
           = (last.number IS NULL, coalesce(last.number, 0), last.word IS NULL)
           AND CASE WHEN $12::bigint > 0 THEN (coalesce(w.word, ''), w.id) > (coalesce(last.word, ''), last.id)
                    ELSE (coalesce(w.word, ''), w.id) < (coalesce(last.word, ''), last.id) END
     ORDER BY w.number, w.word IS NULL, CASE WHEN $12::bigint > 0 THEN w.word END,
              CASE WHEN $12::bigint < 0 THEN w.word END DESC, $12::bigint * w.id LIMIT $1::bigint OFFSET $2::bigint)
SELECT CASE $11::text WHEN 'created_at' THEN h.created_at::text WHEN 'updated_at' THEN h.updated_at::text
                      WHEN 'start_time' THEN h.start_time::text WHEN 'end_time' THEN h.end_time::text
                      WHEN 'duration_seconds' THEN h.duration_seconds::text WHEN 'issue_number' THEN h.issue_number
                      WHEN 'status' THEN h.status WHEN 'actual_cost_total' THEN h.actual_cost_total::text
                      WHEN 'total_tokens' THEN h.total_tokens::text WHEN 'adw_id' THEN h.adw_id
                      WHEN 'cache_efficiency_percent' THEN h.cache_efficiency_percent::text END AS cursor_1,
       page.id::text AS cursor_2,
-- include: query/_workflow.sql
  FROM page JOIN workflow_history h USING (id)
 ORDER BY page.number, page.word IS NULL, CASE WHEN $12::bigint > 0 THEN page.word END,
          CASE WHEN $12::bigint < 0 THEN page.word END DESC, $12::bigint * page.id
