-- What was done in the last hours, by steps and by kind; the last step has yet to end.   $1 hours, $2 seconds of a step
WITH span AS (
    SELECT make_interval(secs => $2::integer) AS step, b.since AS first,
           date_bin(make_interval(secs => $2::integer), now(), 'epoch') AS last
      FROM (SELECT date_bin(make_interval(secs => $2::integer), now(), 'epoch') - make_interval(hours => $1::integer)
                   + make_interval(secs => $2::integer) AS since) b),
seen AS MATERIALIZED (
    SELECT date_bin(span.step, minute, 'epoch') AS at, kind, sum(succeeded)::bigint AS succeeded, sum(failed)::bigint AS failed,
           sum(skipped)::bigint AS skipped
      FROM span, (SELECT * FROM activity UNION ALL SELECT * FROM activity_fresh) a WHERE minute >= span.first GROUP BY 1, 2),
steps AS (
    SELECT at, coalesce(sum(succeeded) FILTER (WHERE kind <> 'file'), 0)::bigint AS succeeded,
           coalesce(sum(failed) FILTER (WHERE kind <> 'file'), 0)::bigint AS failed,
           coalesce(sum(skipped) FILTER (WHERE kind <> 'file'), 0)::bigint AS skipped,
           coalesce(sum(succeeded) FILTER (WHERE kind = 'file'), 0)::bigint AS files
      FROM span, generate_series(span.first, span.last, span.step) at LEFT JOIN seen USING (at) GROUP BY at),
kinds AS (
    SELECT kind, sum(succeeded)::bigint AS succeeded, sum(failed)::bigint AS failed, sum(skipped)::bigint AS skipped
      FROM seen WHERE kind <> 'file' GROUP BY kind)
SELECT to_char(now(), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS as_of, $1::integer AS hours, $2::integer AS step_s,
       (SELECT jsonb_agg(jsonb_build_object('at', to_char(at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'succeeded', succeeded,
                                            'failed', failed, 'skipped', skipped, 'files', files) ORDER BY at)
          FROM steps) AS steps,
       coalesce((SELECT jsonb_agg(to_jsonb(kinds) ORDER BY succeeded + failed + skipped DESC, kind) FROM kinds), '[]') AS kinds,
       coalesce((SELECT sum(succeeded) FROM seen WHERE kind = 'file'), 0)::bigint AS files
