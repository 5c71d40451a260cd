-- The sums of links anew, from the links. Nobody changes a link meanwhile; all may read.
DO $$ BEGIN
    LOCK TABLE app_repositories IN SHARE ROW EXCLUSIVE MODE;
    DELETE FROM link_sum;
    INSERT INTO link_sum
    SELECT app_id, count(*), count(*) FILTER (WHERE result = 'never'), count(*) FILTER (WHERE result = 'failed'), true
      FROM app_repositories GROUP BY app_id;
END $$
