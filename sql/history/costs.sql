-- name: recost
-- $1 operation, $2 reason, $3 whether the webhook is told, then arrays: $4 adw_ids, $5 digests read, $6 costs read
-- (nano-dollars), $7 statuses read, $8 digests, $9 costs, $10 costs per step, $11 per token, $12 input, $13 output,
-- $14 cache writes, $15 cache reads, $16 tokens in all, $17 cache efficiency (texts of floats), $18 cost_breakdown,
-- $19 token_breakdown. Numbers that are not known are the lowest there is.
SELECT history_recost($1, $2, $3, $4::text[], $5::text[], $6::bigint[], $7::text[], $8::text[], $9::bigint[], $10::bigint[],
                      $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[], $16::bigint[], $17::text[],
                      $18::text[], $19::text[])

-- name: stored_costs
-- What a cost re-sync compares with what the files say; a row for each id, in their order.   $1 adw_ids
SELECT h.status, (h.actual_cost_total * 1000000000)::bigint AS cost_nusd, h.source_digest, h.input_tokens, h.output_tokens,
       h.cached_tokens, h.cache_hit_tokens, h.total_tokens
  FROM unnest($1::text[]) WITH ORDINALITY AS asked (id, n) LEFT JOIN workflow_history h ON h.adw_id = asked.id
 ORDER BY n

-- name: webhooks
-- A row for each id, in their order.   $1 ids
SELECT w.adw_id, trim_scale(w.old_cost)::text AS old_cost, trim_scale(w.new_cost)::text AS new_cost, w.reason,
       to_char(w.at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at
  FROM unnest($1::text[]) WITH ORDINALITY AS asked (id, n) LEFT JOIN cost_webhook w ON w.id = asked.id::bigint
 ORDER BY n

-- name: webhooks_done
-- Told, or given up after the last try: the outcome says which.   $1 ids
DELETE FROM cost_webhook WHERE id = ANY ($1::text[]::bigint[])
