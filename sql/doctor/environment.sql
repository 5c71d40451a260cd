-- What the promises stand on, as the server says it, and its clock in ms.
SELECT pg_is_in_recovery(), current_setting('transaction_read_only') = 'on', current_setting('fsync') = 'on',
       current_setting('full_page_writes') = 'on', current_setting('synchronous_commit') <> 'off',
       current_setting('autovacuum') = 'on' AND current_setting('track_counts') = 'on',
       (extract(epoch FROM clock_timestamp()) * 1000)::bigint
