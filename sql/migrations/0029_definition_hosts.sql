-- Which release brought the definitions that are in force, so that an older one does not take them back; where each file was read
-- last; and what each host's directory held, so that hosts that disagree can be told.
ALTER TABLE store_state ADD COLUMN definitions_release text, ADD COLUMN definitions_host text;
ALTER TABLE workflow_definitions ADD COLUMN host text;

CREATE TABLE definition_host (
    host      text COLLATE "C" NOT NULL,
    directory text COLLATE "C" NOT NULL,
    release   text NOT NULL,
    files     integer NOT NULL,
    digest    text NOT NULL, -- of the ids with the digests of their content
    read_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (host, directory)
);
