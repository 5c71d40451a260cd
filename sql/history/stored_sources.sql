-- What a sync compares with what it finds; a row for each id, in their order.   $1 adw_ids
SELECT h.status, (h.actual_cost_total * 1000000000)::bigint AS cost_nusd, h.source_digest, h.source_signature
  FROM unnest($1::text[]) WITH ORDINALITY AS asked (id, n) LEFT JOIN workflow_history h ON h.adw_id = asked.id
 ORDER BY n
