-- $1 operation, $2 adw_ids
INSERT INTO scanned_run (operation_id, adw_id) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING
