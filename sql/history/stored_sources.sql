-- What a sync compares with what it finds.   $1 adw_ids
SELECT adw_id, status, (actual_cost_total * 1000000000)::bigint AS cost_nusd, source_digest, source_signature
  FROM workflow_history WHERE adw_id = ANY ($1::text[])
