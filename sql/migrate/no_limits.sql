-- Another program's migration is waited for however long it takes, and so is one of our own.
SELECT set_config('statement_timeout', '0', false),
       set_config('lock_timeout', '0', false),
       set_config('idle_in_transaction_session_timeout', '0', false)
