-- A run with all that is known of it: the parts that are stored by phase and by model as rows, the runs most like it, and
-- every change of its cost, the newest first (of a thousand).   $1 id
SELECT
-- include: query/_workflow.sql
       ,
       (SELECT jsonb_agg(jsonb_build_object('phase', phase, 'cost', (h.cost_breakdown -> 'by_phase' ->> phase)::numeric,
                                            'duration_seconds', (h.phase_durations ->> phase)::numeric) ORDER BY phase)
          FROM (SELECT jsonb_object_keys(h.cost_breakdown -> 'by_phase') UNION SELECT jsonb_object_keys(h.phase_durations))
               AS known (phase)) AS phases,
       (SELECT jsonb_agg(jsonb_build_object('model', m.key) || m.value ORDER BY m.key)
          FROM jsonb_each(h.cost_breakdown -> 'by_model') m) AS models,
       (SELECT jsonb_agg(jsonb_build_object('id', o.adw_id, 'similarity_score', s.value -> 'similarity_score',
                         'status', o.status, 'actual_cost_total', trim_scale(o.actual_cost_total), 'duration_seconds', o.duration_seconds,
                         'workflow_template', o.workflow_template, 'nl_input', left(o.nl_input, 200)) ORDER BY s.n)
          FROM jsonb_array_elements(h.similar_workflows) WITH ORDINALITY s (value, n)
          JOIN workflow_history o ON o.id = (s.value ->> 'id')::bigint) AS similar_runs,
       (SELECT jsonb_agg(jsonb_build_object('old_cost', trim_scale(a.old_cost), 'new_cost', trim_scale(a.new_cost), 'old_status', a.old_status,
                         'new_status', a.new_status, 'reason', a.reason, 'operation_id', a.operation_id,
                         'at', to_char(a.at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) ORDER BY a.id DESC)
          FROM (SELECT * FROM cost_audit_log WHERE adw_id = h.adw_id ORDER BY id DESC LIMIT 1000) a) AS audit_trail
  FROM workflow_history h WHERE h.adw_id = $1
