-- Apps whose links are not what their sums say: app, which count, kept, counted.
WITH kept AS (SELECT app_id, sum(links) AS links, sum(never) AS never, sum(failed) AS failed FROM link_sum GROUP BY app_id),
real AS (SELECT app_id, count(*) AS links, count(*) FILTER (WHERE result = 'never') AS never,
                count(*) FILTER (WHERE result = 'failed') AS failed FROM app_repositories GROUP BY app_id)
SELECT app_id, n.what, n.kept, n.counted
  FROM kept FULL JOIN real USING (app_id)
 CROSS JOIN LATERAL (VALUES ('links', coalesce(kept.links, 0), coalesce(real.links, 0)),
                            ('links that were never sent', coalesce(kept.never, 0), coalesce(real.never, 0)),
                            ('links that failed', coalesce(kept.failed, 0), coalesce(real.failed, 0))) n (what, kept, counted)
 WHERE n.kept <> n.counted
 ORDER BY app_id, n.what LIMIT 100
