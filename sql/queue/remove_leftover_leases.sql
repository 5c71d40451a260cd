-- Only of holders that are gone: a live one may have a request under way, and gives its lease back itself when its next
-- checkpoint or touch is refused.   $1 operation
DELETE FROM exclusive WHERE operation_id = $1 AND touched_at < now() - interval '50 seconds'
