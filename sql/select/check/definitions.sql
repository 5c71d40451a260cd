-- $1 args
SELECT 'the definitions', 1::bigint, NULL::bigint, NULL::bigint, NULL::text, NULL::text WHERE $1::jsonb IS NOT NULL
