-- Apps, repositories, their links, and what each app was sent. Domain rules of deliveries.

CREATE TABLE apps (
    app_id      text COLLATE "C" PRIMARY KEY,
    app_name    text NOT NULL,
    base_url    text NOT NULL,
    email       text NOT NULL DEFAULT '',
    website     text NOT NULL DEFAULT '',
    description text NOT NULL DEFAULT '',
    client_auth_key_encrypted text NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE repositories (
    repository_id text COLLATE "C" PRIMARY KEY,
    url           text NOT NULL UNIQUE,
    owner         text NOT NULL,
    name          text NOT NULL,
    branch        text,                       -- null = the remote's HEAD
    is_private    boolean NOT NULL DEFAULT false,
    consecutive_failures integer NOT NULL DEFAULT 0,
    circuit_open_until   timestamptz,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE app_repositories (
    app_id        text COLLATE "C" NOT NULL REFERENCES apps,
    repository_id text COLLATE "C" NOT NULL REFERENCES repositories,
    incarnation   bigint GENERATED ALWAYS AS IDENTITY, -- a link that was removed and added again is another one
    github_token_encrypted text,
    result        text NOT NULL DEFAULT 'never' CHECK (result IN ('never', 'synced', 'failed')),
    retry_count   integer NOT NULL DEFAULT 0,
    last_error    text,
    last_scanned_at timestamptz,
    synced_commit text,
    synced_tree_id text,                      -- non-null only while the deliveries equal exactly that tree
    files         bigint,                     -- of the last complete tree
    bytes         bigint,
    created_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (app_id, repository_id)
) WITH (fillfactor = 80);
CREATE INDEX app_repositories_of_repository ON app_repositories (repository_id);
CREATE INDEX app_repositories_failed ON app_repositories (app_id, repository_id) WHERE result = 'failed';
CREATE INDEX app_repositories_never ON app_repositories (app_id, repository_id) WHERE result = 'never';

-- "This app holds this path at this sha." A path of 4 KiB does not fit a b-tree key, so its SHA-256 is the key.
-- Neither this table nor the next has a foreign key to its link: checked row by row, it took half of a checkpoint's time. Instead
-- whoever writes into them locks the link's row first (share_link), and whoever deletes a link removes its rows before, under the
-- same lock (remove_link_step); `producer doctor` looks for rows without a link.
CREATE TABLE deliveries (
    app_id        text COLLATE "C" NOT NULL,
    repository_id text COLLATE "C" NOT NULL,
    path_sha256   bytea NOT NULL,
    file_path     text NOT NULL,
    file_sha      text NOT NULL,
    blob_id       text NOT NULL,
    size          bigint NOT NULL,
    delivered_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (app_id, repository_id, path_sha256)
);

-- Announced before it is sent, so that whatever dies between send and record is known. See "Deliver" in the rules.
CREATE TABLE delivery_intents (
    app_id        text COLLATE "C" NOT NULL,
    repository_id text COLLATE "C" NOT NULL,
    path_sha256   bytea NOT NULL,
    file_path     text NOT NULL,
    verb          text NOT NULL,
    file_sha      text,                       -- of a delete: the sha last delivered
    operation_id  text COLLATE "C" NOT NULL,
    seq           bigint NOT NULL,
    attempt       integer NOT NULL,
    PRIMARY KEY (app_id, repository_id, path_sha256, operation_id, seq, attempt)
);

-- The first statement of whatever writes deliveries or intents of a link: it is there, it is the one that was read, and it stays
-- until the transaction ends. RP404 is how a job learns that its link has been removed.
CREATE FUNCTION share_link(app text, repository text, known_as bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM app_repositories
     WHERE app_id = app AND repository_id = repository AND incarnation = known_as FOR KEY SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the app or its link to the repository has been removed' USING ERRCODE = 'RP404';
    END IF;
END $$;

-- A step of a link's removal: at most so many of its deliveries and intents go, and with fewer than that the link itself. Returns how
-- many went. The first step makes it another link, so that no job adds to it any more, and what it says of itself stays true if the
-- removal ends half-way.
CREATE FUNCTION remove_link_step(app text, repository text, at_most bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    sent bigint;
    announced bigint;
BEGIN
    PERFORM 1 FROM app_repositories WHERE app_id = app AND repository_id = repository FOR UPDATE;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    DELETE FROM deliveries WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM deliveries WHERE app_id = app AND repository_id = repository LIMIT at_most));
    GET DIAGNOSTICS sent = ROW_COUNT;
    DELETE FROM delivery_intents WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM delivery_intents WHERE app_id = app AND repository_id = repository LIMIT at_most - sent));
    GET DIAGNOSTICS announced = ROW_COUNT;
    IF sent + announced < at_most THEN
        DELETE FROM app_repositories WHERE app_id = app AND repository_id = repository;
    ELSE
        UPDATE app_repositories SET incarnation = DEFAULT, result = 'never', synced_commit = NULL, synced_tree_id = NULL,
                                    files = NULL, bytes = NULL
         WHERE app_id = app AND repository_id = repository;
    END IF;
    RETURN sent + announced;
END $$;

-- A step of an app's removal: links as above, as many as make up a step, and with the last of them the app; true once it is gone.
CREATE FUNCTION remove_app_step(app text, at_most bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    left_of_step bigint := at_most;
    repository text;
BEGIN
    WHILE left_of_step > 0 LOOP
        SELECT repository_id INTO repository FROM app_repositories WHERE app_id = app ORDER BY repository_id LIMIT 1;
        IF NOT FOUND THEN
            PERFORM 1 FROM apps WHERE app_id = app FOR UPDATE; -- from here on nobody adds a link
            DELETE FROM apps WHERE app_id = app AND NOT EXISTS (SELECT 1 FROM app_repositories WHERE app_id = app);
            RETURN NOT EXISTS (SELECT 1 FROM apps WHERE app_id = app);
        END IF;
        left_of_step := left_of_step - remove_link_step(app, repository, left_of_step) - 1;
    END LOOP;
    RETURN false;
END $$;

CREATE TABLE repository_snapshots (
    repository_id text COLLATE "C" PRIMARY KEY REFERENCES repositories ON DELETE CASCADE,
    commit_sha    text NOT NULL,
    tree_id       text NOT NULL,
    branch        text NOT NULL,
    scanned_at    timestamptz NOT NULL DEFAULT now()
);

-- The word that people see, derived so that none can get stuck. One link at a time: lists derive it for a page.
CREATE FUNCTION link_word(link app_repositories) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN EXISTS (SELECT 1 FROM exclusive e WHERE e.key = link.app_id || '/' || link.repository_id
                                               AND e.touched_at > now() - interval '50 seconds') THEN 'scanning'
        WHEN link.result = 'never' THEN 'pending_snapshot'
        WHEN EXISTS (SELECT 1 FROM tally t
                       JOIN job j ON j.operation_id = t.operation_id AND j.kind IN ('resync', 'snapshot')
                                 AND j.key = link.app_id || '/' || link.repository_id
                      WHERE t.state IN ('running', 'paused')) THEN 'pending_snapshot'
        ELSE link.result END
$$;

CREATE VIEW link_status AS
    SELECT l.*, link_word(l) AS status, r.url, r.owner, r.name, r.branch, r.consecutive_failures,
           coalesce(r.circuit_open_until > now(), false) AS circuit_open
      FROM app_repositories l JOIN repositories r USING (repository_id);
