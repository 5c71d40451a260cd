-- The run of Redis that was last trusted: another one may have lost its last second (common/queue/voucher.h).
ALTER TABLE store_state ADD COLUMN redis_run text;
