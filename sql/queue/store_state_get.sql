SELECT epoch, beats, coalesce(redis_run, '') FROM store_state
