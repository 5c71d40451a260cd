-- A row for each id, in their order.   $1 ids
SELECT w.adw_id, trim_scale(w.old_cost)::text AS old_cost, trim_scale(w.new_cost)::text AS new_cost, w.reason,
       to_char(w.at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at
  FROM unnest($1::text[]) WITH ORDINALITY AS asked (id, n) LEFT JOIN cost_webhook w ON w.id = asked.id::bigint
 ORDER BY n
