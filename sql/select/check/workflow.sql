-- $1 args
SELECT 'workflow ' || ($1::jsonb ->> 'adw_id'), count(*), NULL::bigint, NULL::bigint,
       CASE WHEN count(*) = 0 THEN 'RP404' END, 'Workflow not found in database'
  FROM workflow_history WHERE adw_id = $1::jsonb ->> 'adw_id'
