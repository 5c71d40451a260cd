-- Of operations whose hashes seemed ahead, those that PostgreSQL has still not come to.
-- $1 operations, $2 generations, $3 last seqs, $4 timelines, $5 versions, as the hashes say
SELECT h.id
  FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[]) AS h (id, generation, last_seq, timeline, version)
  JOIN tally t ON t.operation_id = h.id
 WHERE h.generation > t.generation OR h.last_seq > t.last_seq OR (h.timeline, h.version) > (timeline(), t.version)
