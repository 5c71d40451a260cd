-- Outcomes by kind since the installation began, and files for which apps answered (kind 'file').
SELECT kind, sum(succeeded)::bigint AS succeeded, sum(failed)::bigint AS failed, sum(skipped)::bigint AS skipped
  FROM (SELECT * FROM activity WHERE minute = '-infinity' UNION ALL SELECT * FROM activity_fresh) a
 GROUP BY kind ORDER BY kind
