-- How many runs it holds is not known before it has been listed.   $1 args
SELECT 'the agents directory', NULL::bigint, NULL::bigint, NULL::bigint, NULL::text, NULL::text WHERE $1::jsonb IS NOT NULL
