-- Definitions that live: what files say, which version is in force, and when the clock starts what. The versions themselves
-- stand in definition_versions, by their digest; nothing ever removes one, for operations are pinned to them.

CREATE TABLE projects (
    id         text COLLATE "C" PRIMARY KEY,      -- a short word: lower-case letters, digits and dashes
    name       text NOT NULL,
    path       text NOT NULL UNIQUE,              -- its definitions lie in <path>/.agent/workflows/definitions/
    created_at timestamptz NOT NULL DEFAULT now()
);

-- A row for each definition that was ever seen, and for each file that cannot be used and has no id that could be told: its
-- identifier is then the file's name, which no id is like. A row without a current version has never been good.
CREATE TABLE workflow_definitions (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project_id        text COLLATE "C" REFERENCES projects ON DELETE CASCADE,  -- null = global
    identifier        text COLLATE "C" NOT NULL,
    handle            text COLLATE "C" NOT NULL UNIQUE                         -- what people call it: "id" or "project/id"
                      GENERATED ALWAYS AS (CASE WHEN project_id IS NULL THEN identifier
                                           ELSE project_id || '/' || identifier END) STORED,
    name              text NOT NULL,
    description       text,
    type              text NOT NULL CHECK (type IN ('yaml', 'json')),
    path              text NOT NULL,
    phases            jsonb,
    args_schema       jsonb,
    status            text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'archived')),  -- a person's word
    file_exists       boolean NOT NULL DEFAULT true,
    load_error        text,
    load_error_line   integer,                    -- 0 = concerns the file as a whole
    load_error_column integer,
    archived_at       timestamptz,                -- by a person, or since its file is gone
    current_version   text REFERENCES definition_versions,
    every_ms          bigint,                     -- the schedule of the current version, if it has one
    cron              text,
    scheduled_since   timestamptz,                -- ticks before this are none of its own
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    UNIQUE NULLS NOT DISTINCT (project_id, identifier)
);
CREATE INDEX workflow_definitions_scheduled ON workflow_definitions (id) WHERE scheduled_since IS NOT NULL;

-- A tick that was dealt with: it started an operation, or was skipped for a reason. Unique, so that it fires once.
CREATE TABLE schedule_tick (
    definition_id bigint NOT NULL REFERENCES workflow_definitions ON DELETE CASCADE,
    tick          timestamptz NOT NULL,
    operation_id  text COLLATE "C",
    skipped       text,
    at            timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (definition_id, tick),
    CHECK ((operation_id IS NULL) <> (skipped IS NULL))
);
CREATE INDEX schedule_tick_operation ON schedule_tick (operation_id) WHERE operation_id IS NOT NULL;

-- Which version was in force since when.
CREATE TABLE definition_history (
    definition_id bigint NOT NULL REFERENCES workflow_definitions ON DELETE CASCADE,
    since         timestamptz NOT NULL DEFAULT now(),
    digest        text NOT NULL REFERENCES definition_versions,
    PRIMARY KEY (definition_id, since)
);
