-- Files are read while the transaction is open: on a slow disk that takes longer than other transactions may be idle.
-- $1 how long to wait for another's re-sync, in ms; 0 = as long as the connection waits for any lock
SELECT set_config('idle_in_transaction_session_timeout', '60s', true),
       CASE WHEN $1::bigint > 0 THEN set_config('lock_timeout', $1::text, true) END
