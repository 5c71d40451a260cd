-- One picture for all statements of a batch, so that a running system gives exact answers; and no way to change anything.
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY
