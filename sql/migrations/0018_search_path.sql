-- What a person does by hand comes without our search_path: an UPDATE of a table must not fail in a trigger of ours. Each function
-- that names something of this schema brings the path along. (Functions that are a single expression are put into the statement
-- that calls them, which a path of their own would prevent: these name what they need by its schema.)
DO $$
DECLARE f regprocedure;
BEGIN
    FOR f IN SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
              WHERE p.pronamespace = 'reprise'::regnamespace
                AND (l.lanname = 'plpgsql' OR p.proname IN ('link_word', 'history_seen')) LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = reprise, public, pg_temp', f);
    END LOOP;
END $$;

CREATE OR REPLACE FUNCTION history_mean_of_others(sum double precision, n bigint, own double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN n > (coalesce(own, 0) > 0)::integer
                THEN reprise.history_rounded((sum - greatest(coalesce(own, 0), 0)) / (n - (coalesce(own, 0) > 0)::integer))
                ELSE 0 END
$$;
