-- Files are read while the transaction is open: on a slow disk that takes longer than other transactions may be idle.
SELECT set_config('idle_in_transaction_session_timeout', '60s', true)
