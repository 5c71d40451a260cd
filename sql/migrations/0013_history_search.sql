-- What searches of the history need on a million runs.

-- The searched text is kept in lower case, so that comparing one costs a fifth of what it costs whatever the case: a word that
-- many runs have is compared a hundred thousand times.
UPDATE workflow_search SET nl_input = lower(nl_input) WHERE nl_input <> lower(nl_input);
CREATE OR REPLACE FUNCTION workflow_search_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.nl_input IS NULL THEN
        DELETE FROM workflow_search WHERE id = NEW.id;
    ELSE
        INSERT INTO workflow_search (id, nl_input) VALUES (NEW.id, lower(NEW.nl_input))
            ON CONFLICT (id) DO UPDATE SET nl_input = excluded.nl_input;
    END IF;
    RETURN NULL;
END $$;

-- A list by adw_id reads rows of the table for its page alone, as those by the other keys do (0007). No column is in it that
-- other indexes have not: what is updated in place stays so.
ALTER TABLE workflow_history DROP CONSTRAINT workflow_history_adw_id_key;
ALTER TABLE workflow_history ADD CONSTRAINT workflow_history_adw_id_key UNIQUE (adw_id)
    INCLUDE (id, status, model_used, workflow_template, start_time, created_at);
