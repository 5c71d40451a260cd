-- What has become of an operation while a job of it runs.   $1 operation
SELECT state FROM tally WHERE operation_id = $1
