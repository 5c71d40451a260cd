-- Whether secrets are stored. No row: nothing vouches for Redis.
SELECT EXISTS (SELECT 1 FROM apps) FROM store_state
