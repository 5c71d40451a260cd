-- What two dates mean: the first instant of the one, the last of the other; null = it is no date.   $1 from, $2 to
SELECT history_instant($1::text, false)::text, history_instant($2::text, true)::text,
       history_instant($1::text, false) > history_instant($2::text, true)
