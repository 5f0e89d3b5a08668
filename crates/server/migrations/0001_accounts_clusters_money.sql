-- People, organizations, their clusters and their money.
--
-- Instants are milliseconds since 1970, money is integer micro-dollars. Tables are STRICT, so that a
-- number that does not fit is an error and never a rounded value.

CREATE TABLE users (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,  -- never reused: tokens name users by it
    name          TEXT NOT NULL UNIQUE COLLATE NOCASE, -- no second account that only looks the same
    email         TEXT NOT NULL UNIQUE COLLATE NOCASE,
    password_hash TEXT NOT NULL,
    github_id     INTEGER UNIQUE,                      -- the number; a GitHub login can be recycled
    created_at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE organizations (
    id                  INTEGER PRIMARY KEY AUTOINCREMENT,
    name                TEXT NOT NULL UNIQUE,
    owner_id            INTEGER NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
    min_nodes           INTEGER NOT NULL CHECK (min_nodes >= 0),
    max_nodes           INTEGER NOT NULL CHECK (max_nodes >= 1 AND max_nodes >= min_nodes),
    version             TEXT NOT NULL,
    is_public           INTEGER NOT NULL CHECK (is_public IN (0, 1)),
    suspended           INTEGER NOT NULL DEFAULT 0 CHECK (suspended IN (0, 1)),
    paused              INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1)),
    failed_boots        INTEGER NOT NULL DEFAULT 0 CHECK (failed_boots >= 0),
    node_hour_micro_usd INTEGER NOT NULL CHECK (node_hour_micro_usd >= 0),
    created_at_ms       INTEGER NOT NULL
) STRICT;

CREATE TABLE memberships (
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE RESTRICT,
    user_id         INTEGER NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
    role            TEXT NOT NULL CHECK (role IN ('member', 'manager', 'owner')),
    state           TEXT NOT NULL CHECK (state IN ('requested', 'active', 'deactivated')),
    created_at_ms   INTEGER NOT NULL,
    PRIMARY KEY (organization_id, user_id)
) STRICT, WITHOUT ROWID;

-- A capacity request counts while it is neither released nor expired.
CREATE TABLE requests (
    id              TEXT PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE RESTRICT,
    user_id         INTEGER NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
    nodes           INTEGER NOT NULL CHECK (nodes >= 0),
    expires_at_ms   INTEGER NOT NULL,
    created_at_ms   INTEGER NOT NULL,
    released_at_ms  INTEGER,
    cost_micro_usd  INTEGER NOT NULL CHECK (cost_micro_usd >= 0)
) STRICT;
CREATE INDEX requests_unreleased ON requests (organization_id) WHERE released_at_ms IS NULL;

-- The request that an order under an idempotency key led to. Several orders may lead to one request,
-- since an order that is identical to a live one makes no other.
CREATE TABLE order_keys (
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE RESTRICT,
    user_id         INTEGER NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
    idempotency_key TEXT NOT NULL,
    order_text      TEXT NOT NULL, -- what was asked for under that key
    request_id      TEXT NOT NULL REFERENCES requests (id) ON DELETE RESTRICT,
    PRIMARY KEY (organization_id, user_id, idempotency_key)
) STRICT, WITHOUT ROWID;

-- The intent; what really exists is what the engine lists.
CREATE TABLE nodes (
    id              TEXT PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE RESTRICT,
    state           TEXT NOT NULL CHECK (state IN ('booting', 'ready', 'draining', 'stopping', 'gone')),
    version         TEXT NOT NULL,
    address         TEXT,
    secret_hash     TEXT NOT NULL,
    created_at_ms   INTEGER NOT NULL,
    paid_until_ms   INTEGER NOT NULL,
    gone_at_ms      INTEGER,
    CHECK ((state = 'gone') = (gone_at_ms IS NOT NULL))
) STRICT;
CREATE INDEX nodes_not_gone ON nodes (organization_id) WHERE state <> 'gone';

-- Lines are only ever added. Each carries the balance it leads to, so that the next one, and whoever
-- wants to know, need not add up all that went before.
CREATE TABLE ledger (
    id                      INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id         INTEGER NOT NULL REFERENCES organizations (id) ON DELETE RESTRICT,
    node_id                 TEXT REFERENCES nodes (id) ON DELETE RESTRICT,
    at_ms                   INTEGER NOT NULL,
    kind                    TEXT NOT NULL,
    amount_micro_usd        INTEGER NOT NULL,
    balance_after_micro_usd INTEGER NOT NULL,
    note                    TEXT NOT NULL,
    idempotency_key         TEXT NOT NULL UNIQUE, -- what is paid once is paid once
    CHECK ((kind = 'credit' AND amount_micro_usd > 0)
        OR (kind = 'charge' AND amount_micro_usd <= 0)
        OR (kind = 'refund' AND amount_micro_usd >= 0))
) STRICT;
CREATE INDEX ledger_of_organization ON ledger (organization_id, id);
CREATE INDEX ledger_credits ON ledger (organization_id, amount_micro_usd) WHERE kind = 'credit';

CREATE TRIGGER ledger_never_changes BEFORE UPDATE ON ledger
BEGIN SELECT raise(ABORT, 'ledger: lines are never changed'); END;

CREATE TRIGGER ledger_never_shrinks BEFORE DELETE ON ledger
BEGIN SELECT raise(ABORT, 'ledger: lines are never removed'); END;

CREATE TRIGGER ledger_adds_up BEFORE INSERT ON ledger
WHEN NEW.balance_after_micro_usd <> NEW.amount_micro_usd + coalesce(
    (SELECT balance_after_micro_usd FROM ledger
     WHERE organization_id = NEW.organization_id ORDER BY id DESC LIMIT 1), 0)
BEGIN SELECT raise(ABORT, 'ledger: the balance does not follow from the line before'); END;

CREATE TRIGGER ledger_charges_are_covered BEFORE INSERT ON ledger
WHEN NEW.kind = 'charge' AND NEW.balance_after_micro_usd < 0
BEGIN SELECT raise(ABORT, 'ledger: the balance does not cover the charge'); END;

-- Refresh tokens that were used or revoked, until they would have ended anyway.
CREATE TABLE spent_tokens (
    jti        TEXT PRIMARY KEY,
    expires_at INTEGER NOT NULL -- seconds since 1970, as in the token
) STRICT, WITHOUT ROWID;
CREATE INDEX spent_tokens_by_end ON spent_tokens (expires_at);
