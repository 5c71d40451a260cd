-- A migration that waits for a table's lock makes everybody behind it wait too: back to the connection's own limit.
RESET lock_timeout
