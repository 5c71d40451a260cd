-- Counted by the sums of the history, which are exact (0007); with any other filter than the status one by one.
-- $1 args
WITH wanted AS (
-- include: select/_workflow_asked.sql ARGS=$1
)
SELECT 'workflows ' || array_to_string(statuses, ' or ') || coalesce(' from ' || ($1::jsonb ->> 'from'), '')
                    || coalesce(' to ' || ($1::jsonb ->> 'to'), '') || coalesce(', model ' || model, '')
                    || coalesce(', template ' || template, '') || coalesce(', with "' || ($1::jsonb ->> 'search') || '"', ''),
       CASE WHEN refused.code IS NOT NULL THEN NULL
            WHEN coalesce(wanted.first::text, wanted.last::text, model, template, $1::jsonb ->> 'search') IS NULL THEN
           (SELECT coalesce(sum(runs), 0)::bigint FROM history_sum WHERE status = ANY (wanted.statuses))
            ELSE (SELECT count(*) FROM workflow_history h WHERE
-- include: select/_workflow_wanted.sql ARGS=$1
           ) END, NULL::bigint, NULL::bigint, refused.code, refused.why
  FROM wanted,
       LATERAL (SELECT CASE
           WHEN $1::jsonb ->> 'from' IS NOT NULL AND first IS NULL THEN '"' || ($1::jsonb ->> 'from') || '" is no date'
           WHEN $1::jsonb ->> 'to' IS NOT NULL AND last IS NULL THEN '"' || ($1::jsonb ->> 'to') || '" is no date'
           WHEN first > last THEN 'the range is reversed: it begins at ' || ($1::jsonb ->> 'from') || ' and ends at '
                                  || ($1::jsonb ->> 'to') END AS short) s,
       LATERAL (SELECT CASE WHEN short IS NOT NULL THEN 'RP400' END AS code,
                       short || '; give dates as 2026-01-31, 2026-01-31T12:00 or 2026-01-31T12:00:00Z, the earlier one first'
                       AS why) refused
