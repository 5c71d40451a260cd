-- Changes that the webhook is still to be told of, and that the log of costs does not know: both are written in one transaction, with
-- one time (I3).   $1 how many to look at (null = all)
SELECT 'change ' || w.id || ' of ' || w.adw_id, 'is to be told to the webhook, and does not stand in the log of costs'
  FROM (SELECT * FROM cost_webhook ORDER BY id DESC LIMIT $1::bigint) w
 WHERE NOT EXISTS (SELECT 1 FROM cost_audit_log l
                    WHERE l.adw_id = w.adw_id AND l.old_cost IS NOT DISTINCT FROM w.old_cost AND l.at = w.at
                      AND l.new_cost IS NOT DISTINCT FROM w.new_cost AND l.reason = w.reason)
 ORDER BY 1 LIMIT 100
