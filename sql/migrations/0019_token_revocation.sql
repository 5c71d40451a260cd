-- Tokens for the API that were called back: one by its id, or all that a subject was given until then.

CREATE TABLE token_revocation (
    what       text NOT NULL CHECK (what IN ('token', 'subject')),
    name       text NOT NULL,
    revoked_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (what, name)
);
