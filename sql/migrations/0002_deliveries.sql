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
    app_id        text COLLATE "C" NOT NULL REFERENCES apps ON DELETE CASCADE,
    repository_id text COLLATE "C" NOT NULL REFERENCES repositories ON DELETE CASCADE,
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
CREATE TABLE deliveries (
    app_id        text COLLATE "C" NOT NULL,
    repository_id text COLLATE "C" NOT NULL,
    path_sha256   bytea NOT NULL,
    file_path     text NOT NULL,
    file_sha      text NOT NULL,
    blob_id       text NOT NULL,
    size          bigint NOT NULL,
    delivered_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (app_id, repository_id, path_sha256),
    FOREIGN KEY (app_id, repository_id) REFERENCES app_repositories ON DELETE CASCADE
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
    PRIMARY KEY (app_id, repository_id, path_sha256, operation_id, seq, attempt),
    FOREIGN KEY (app_id, repository_id) REFERENCES app_repositories ON DELETE CASCADE
);

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
