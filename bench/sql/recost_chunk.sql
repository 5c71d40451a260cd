-- What a cost re-sync writes of a chunk of runs, without it: every cost becomes another one, by history_recost.
SELECT history_recost('op_pgbench', 'resync', false, array_agg(adw_id ORDER BY id), array_agg(source_digest ORDER BY id),
    array_agg((actual_cost_total * 1000000000)::bigint ORDER BY id), array_agg(status ORDER BY id),
    array_agg(source_digest ORDER BY id), array_agg((actual_cost_total * 1000000000)::bigint + 1000 ORDER BY id),
    array_agg(0::bigint), array_agg(0::bigint), array_agg(input_tokens ORDER BY id), array_agg(output_tokens ORDER BY id),
    array_agg(cached_tokens ORDER BY id), array_agg(cache_hit_tokens ORDER BY id), array_agg(total_tokens ORDER BY id),
    array_agg(cache_efficiency_percent::text ORDER BY id), array_agg(cost_breakdown::text ORDER BY id),
    array_agg(token_breakdown::text ORDER BY id))
  FROM workflow_history WHERE id BETWEEN :first::bigint AND :first::bigint + 999;
