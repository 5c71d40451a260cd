-- Costs that are not what the newest change of them in the log says.   $1 how many changes to look at (null = all)
SELECT l.adw_id, coalesce(trim_scale(l.new_cost)::text, 'none'), coalesce(trim_scale(h.actual_cost_total)::text, 'none')
  FROM (SELECT adw_id, max(id) AS id
          FROM (SELECT adw_id, id FROM cost_audit_log ORDER BY id DESC LIMIT $1::bigint) n GROUP BY adw_id) newest
  JOIN cost_audit_log l USING (id) JOIN workflow_history h ON h.adw_id = l.adw_id
 WHERE h.actual_cost_total IS DISTINCT FROM l.new_cost
 ORDER BY l.adw_id LIMIT 100
