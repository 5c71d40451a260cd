-- An operation by its id, by the stamp of an inbox item that joined it, or by its request id (either may be null).
-- $1 operation id or stamp, $2 request id
SELECT operation_id, request_key FROM operation
 WHERE operation_id = coalesce((SELECT a.operation_id FROM operation_alias a WHERE stamp = $1), $1) OR request_id = $2
 ORDER BY operation_id = $1 DESC LIMIT 1
