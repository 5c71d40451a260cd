-- $1 the counter as Redis gave it
UPDATE store_state SET beats = $1 WHERE beats < $1
