-- What `producer doctor` needs to tell more of what is wrong, and less of what is right.

-- When the drain of a cancel was over: till then a checkpoint in hand may still commit. Null: never, or by an older version.
ALTER TABLE operation ADD COLUMN drained_at timestamptz;

-- What a row of `deliveries` came to when it was written, and the `delivered_at` of that writing: workers of the version before
-- write rows without, until they have drained, and these are not judged.
ALTER TABLE deliveries ADD COLUMN fingerprint bigint, ADD COLUMN fingerprint_at timestamptz;

CREATE FUNCTION delivery_fingerprint(app text, repository text, digest bytea, path text, sha text, blob text, size bigint)
RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT hashtextextended(app || E'\n' || repository || E'\n' || encode(digest, 'hex') || E'\n' || path || E'\n' || sha || E'\n'
                            || blob || E'\n' || size::text, 0)
$$;
