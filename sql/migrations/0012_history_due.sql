-- What a pass over the history asks in order to plan only what can have changed.

-- To nine significant digits, as "%.9g" has them: what anomalies say of a mean.
CREATE FUNCTION history_rounded(x double precision) RETURNS double precision LANGUAGE sql IMMUTABLE AS
$$ SELECT to_char(x, '9.99999999EEEE')::double precision $$;

-- The mean of the others, rounded: of all above zero whose sum and count are given, without one's own. 0 = there are none.
CREATE FUNCTION history_mean_of_others(sum double precision, n bigint, own double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN n > (coalesce(own, 0) > 0)::integer
                THEN history_rounded((sum - greatest(coalesce(own, 0), 0)) / (n - (coalesce(own, 0) > 0)::integer))
                ELSE 0 END
$$;

-- Whether a stored expectation (null = there is no such anomaly) is not what it is now (null likewise).
CREATE FUNCTION history_differs(stored jsonb, expected double precision) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN stored IS NULL OR expected IS NULL THEN (stored IS NULL) <> (expected IS NULL)
                ELSE abs((stored #>> '{}')::double precision / expected - 1) > 1e-12 END
$$;

-- The list of a run's likest, and others that may enter it: the best five, of equal ones the lower id. An entry that the list
-- holds already stays as it is: its run has changed, so the list is made anew by a job of its own.
CREATE FUNCTION history_enter(list jsonb, entries jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(jsonb_agg(one ORDER BY score DESC, id), '[]')
      FROM (SELECT one, score, id
              FROM (SELECT one, (one ->> 'similarity_score')::double precision AS score, (one ->> 'id')::bigint AS id
                      FROM (SELECT one FROM jsonb_array_elements(list) one
                            UNION ALL
                            SELECT one FROM jsonb_array_elements(entries) one
                             WHERE NOT list @> jsonb_build_array(jsonb_build_object('id', one -> 'id'))) every) known
             ORDER BY score DESC, id LIMIT 5) best
$$;
