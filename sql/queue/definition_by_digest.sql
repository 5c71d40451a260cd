-- $1 digest
SELECT body FROM definition_versions WHERE digest = $1
