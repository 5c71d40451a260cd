-- What a cost re-sync compares with what the files say; a row for each id, in their order.   $1 adw_ids
SELECT h.status, (h.actual_cost_total * 1000000000)::bigint AS cost_nusd, h.source_digest, h.input_tokens, h.output_tokens,
       h.cached_tokens, h.cache_hit_tokens, h.total_tokens
  FROM unnest($1::text[]) WITH ORDINALITY AS asked (id, n) LEFT JOIN workflow_history h ON h.adw_id = asked.id
 ORDER BY n
