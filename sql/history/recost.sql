-- $1 operation, $2 reason, $3 whether the webhook is told, then arrays: $4 adw_ids, $5 digests read, $6 costs read
-- (nano-dollars), $7 statuses read, $8 digests, $9 costs, $10 costs per step, $11 per token, $12 input, $13 output,
-- $14 cache writes, $15 cache reads, $16 tokens in all, $17 cache efficiency (texts of floats), $18 cost_breakdown,
-- $19 token_breakdown. Numbers that are not known are the lowest there is.
SELECT history_recost($1, $2, $3, $4::text[], $5::text[], $6::bigint[], $7::text[], $8::text[], $9::bigint[], $10::bigint[],
                      $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[], $16::bigint[], $17::text[],
                      $18::text[], $19::text[])
