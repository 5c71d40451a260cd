-- Registrations come one after the other, so that a name is given once.
LOCK TABLE apps IN SHARE ROW EXCLUSIVE MODE
