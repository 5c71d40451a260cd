-- Of a phase that is never the first.   $1 args
SELECT 'what the phase before has left', NULL::bigint, NULL::bigint, NULL::bigint, NULL::text, NULL::text
 WHERE $1::jsonb IS NOT NULL
