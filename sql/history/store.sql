-- $1 operation, $2 whether the webhook is told, $3 new rows (JSON array), $4 how many, $5 other rows (JSON array), then arrays.
-- Of the others as they were read: $6 digests, $7 costs, $8 statuses; $9 1 = its cost columns stay. Of those whose cost changes:
-- $10 adw_ids, $11 old costs, $12 new ones, $13 old statuses, $14 new ones, $15 reasons
SELECT history_store($1, $2, $3::text::json, $4, $5::text::json, $6::text[], $7::bigint[], $8::text[], $9::integer[], $10::text[],
                     $11::bigint[], $12::bigint[], $13::text[], $14::text[], $15::text[])
