-- The sums of the workflow history anew, from its rows. Nobody changes one meanwhile; all may read.
DO $$ BEGIN
    LOCK TABLE workflow_history IN SHARE ROW EXCLUSIVE MODE;
    DELETE FROM history_sum;
    DELETE FROM history_hour;
    EXECUTE history_add('SELECT 1 AS sign, h.* FROM workflow_history h');
END $$
