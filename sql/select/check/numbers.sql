-- $1 args
SELECT ($1::jsonb ->> 'count') || ' jobs without effect', ($1::jsonb ->> 'count')::bigint, NULL::bigint, NULL::bigint,
       NULL::text, NULL::text
