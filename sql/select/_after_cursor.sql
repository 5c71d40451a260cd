-- Pages follow the primary key, in the collation of its columns: the rows and the index agree on what comes next.
     WHERE (app_id, repository_id) > (coalesce(split_part($6::text, '/', 1), ''), coalesce(split_part($6::text, '/', 2), ''))
