-- $1 args
SELECT 'changed costs', NULL::bigint, NULL::bigint, NULL::bigint,
       CASE WHEN NOT waiting THEN 'RP404' END, 'No changed cost waits to be told'
  FROM (SELECT EXISTS (SELECT 1 FROM cost_webhook) AS waiting WHERE $1::jsonb IS NOT NULL) w
