-- What anomalies and recommendations ask of runs; a row for each id, in their order.   $1 adw_ids
SELECT h.adw_id, h.workflow_template, (h.actual_cost_total * 1000000000)::bigint AS cost_nusd, h.duration_seconds,
       h.retry_count, h.error_count, h.cache_hit_tokens, h.cache_miss_tokens + h.cached_tokens + h.cache_hit_tokens AS input_tokens,
       h.error_category, h.nl_input_word_count, h.model_used
  FROM unnest($1::text[]) WITH ORDINALITY AS asked (id, n) LEFT JOIN workflow_history h ON h.adw_id = asked.id
 ORDER BY n
