, planned AS (
    INSERT INTO job (operation_id, seq, phase, kind, key)
    SELECT $1, $2 + n, $3, $4, key FROM numbered)
SELECT count(*), (SELECT "cursor" FROM numbered ORDER BY n DESC LIMIT 1) FROM numbered
