-- Links by the stored result. The page is cut first, so that the word is derived only for its rows.
-- $1 limit, $2 offset, $3, $4 after this app and repository, $5 app, $6 result, $7 pattern of owner/name or URL (null = any)
WITH page AS (
    SELECT l.app_id, l.repository_id FROM app_repositories l
     WHERE ($4::text IS NULL OR (l.app_id, l.repository_id) > ($3::text, $4))
       AND ($5::text IS NULL OR l.app_id = $5) AND ($6::text IS NULL OR l.result = $6)
       AND ($7::text IS NULL OR l.repository_id IN (SELECT r.repository_id FROM repositories r
                                        WHERE r.search LIKE lower($7)))
     ORDER BY l.app_id, l.repository_id LIMIT $1 OFFSET $2)
-- include: query/_link.sql
