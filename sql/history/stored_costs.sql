-- What a cost re-sync compares with what the files say.   $1 adw_ids
SELECT adw_id, status, (actual_cost_total * 1000000000)::bigint AS cost_nusd, source_digest, input_tokens, output_tokens,
       cached_tokens, cache_hit_tokens, total_tokens
  FROM workflow_history WHERE adw_id = ANY ($1::text[])
