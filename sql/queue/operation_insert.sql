-- $1 id, $2 definition, $3 digest, $4 args, $5 subject, $6 phases, $7 queue, $8 chunk, $9 window, $10 dry run, $11 single,
-- $12 requested by, $13 request id, $14 request key
INSERT INTO operation (operation_id, definition, digest, args, subject, phases, queue, chunk, "window", dry_run, single,
                       requested_by, request_id, request_key)
VALUES ($1, $2, $3, $4::jsonb, $5, $6::jsonb, $7, $8, $9, $10, $11, $12, $13, $14)
