-- Versions of definitions whose text is not the one that their digest is of; what operations are pinned to, and is not there.
-- $1 how many operations to look at, the newest (null = all)
SELECT 'definition version ' || digest, 'has a text with another digest'
  FROM definition_versions WHERE digest <> encode(sha256(convert_to(body, 'UTF8')), 'hex')
UNION ALL
SELECT o.operation_id, format('is pinned to the version %s of %s, which is not there', o.digest, o.definition)
  FROM (SELECT * FROM operation ORDER BY created_at DESC, operation_id DESC LIMIT $1::bigint) o
 WHERE NOT EXISTS (SELECT 1 FROM definition_versions v WHERE v.digest = o.digest)
 ORDER BY 1, 2 LIMIT 100
