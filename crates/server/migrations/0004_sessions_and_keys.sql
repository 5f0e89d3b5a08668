-- Sessions: what begins with a sign-in and lives on through refreshes; and the keys that sign their tokens.
--
-- Instants are seconds since 1970, as in tokens. Tokens of earlier releases belong to no session that is known here and
-- are good for nothing any more: their holders sign in once.

DROP TABLE spent_tokens;

CREATE TABLE sessions (
    id              TEXT PRIMARY KEY, -- 32 hexadecimal digits; `sid` in its tokens
    user_id         INTEGER NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
    organization_id INTEGER REFERENCES organizations (id) ON DELETE RESTRICT, -- NULL for the account itself
    how             TEXT NOT NULL CHECK (how IN ('password', 'github', 'github_token', 'account')),
    opened_by       TEXT,             -- the session of the account whose token it was got with; revoked with that one
    address         TEXT NOT NULL,    -- from where it began
    agent           TEXT NOT NULL,    -- what the client called itself, cut short
    began_at        INTEGER NOT NULL,
    used_at         INTEGER NOT NULL, -- the last refresh, or the beginning
    ends_at         INTEGER NOT NULL, -- no token of it lives longer, however often it is refreshed
    newest          TEXT NOT NULL,    -- the `jti` of the refresh token that has not been presented yet
    newest_until    INTEGER NOT NULL, -- when that one ends, and with it the session, unless it is presented before
    newest_kid      TEXT NOT NULL,    -- the key that signed it
    revoked_at      INTEGER,
    revoked_because TEXT CHECK ((revoked_because IS NULL) = (revoked_at IS NULL)),
    CHECK ((how = 'account') = (opened_by IS NOT NULL)),
    CHECK (newest_until <= ends_at)
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_of_user ON sessions (user_id);
CREATE INDEX sessions_by_end ON sessions (ends_at);

-- How a refresh token was exchanged, so that the same child can be derived from it again. Kept for the last exchange of a
-- session, and for those of the last 30 seconds.
CREATE TABLE exchanges (
    session_id    TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    parent        TEXT NOT NULL,    -- the `jti` of the refresh token that was presented
    at            INTEGER NOT NULL, -- when: the `iat` of the children
    access_until  INTEGER NOT NULL,
    refresh_until INTEGER NOT NULL,
    kid           TEXT NOT NULL,    -- the key that signed the children
    PRIMARY KEY (session_id, parent)
) STRICT, WITHOUT ROWID;
CREATE INDEX exchanges_by_age ON exchanges (session_id, at);

-- Keys follow each other: published first, then signing, then only verifying what they signed.
CREATE TABLE signing_keys (
    kid            TEXT PRIMARY KEY,
    secret         BLOB NOT NULL CHECK (length(secret) = 32), -- an Ed25519 private key
    made_at        INTEGER NOT NULL,
    signs_from     INTEGER NOT NULL,
    verifies_until INTEGER            -- NULL as long as no later key is known
) STRICT, WITHOUT ROWID;

-- Random bytes that are drawn once.
CREATE TABLE secrets (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL CHECK (length(value) = 32)
) STRICT, WITHOUT ROWID;
