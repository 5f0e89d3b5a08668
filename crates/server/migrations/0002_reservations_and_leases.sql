-- Leases that are reserved before they run, promises, a two-phase ledger, notices.
--
-- What an older database brings along: people, organizations, memberships and tokens stay. Its nodes are marked
-- gone, and whatever still runs is found and killed as an orphan; its open requests are closed. Its balance becomes
-- one line of the new ledger; the old one is kept beside it as it was, and nothing reads it.
--
-- In all of this an instant is in milliseconds and an amount in micro-dollars; a carry is less than one of those and
-- counts in parts of it, of which there are 3,600,000.

-- A server's term of office. A later one ends all earlier ones.
CREATE TABLE epoch (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    number   INTEGER NOT NULL CHECK (number >= 0)
) STRICT;
INSERT INTO epoch (only_row, number) VALUES (1, 0);

ALTER TABLE organizations ADD COLUMN per_user INTEGER CHECK (per_user >= 0);
ALTER TABLE organizations ADD COLUMN fixed_hour_micro_usd INTEGER NOT NULL DEFAULT 153000 CHECK (fixed_hour_micro_usd >= 0);
ALTER TABLE organizations ADD COLUMN allowance_micro_usd INTEGER NOT NULL DEFAULT 0 CHECK (allowance_micro_usd >= 0);
ALTER TABLE organizations ADD COLUMN allowance_cap_micro_usd INTEGER;
-- Months since January of the year 0.
ALTER TABLE organizations ADD COLUMN credited_through INTEGER NOT NULL DEFAULT 0;
ALTER TABLE organizations ADD COLUMN failed_round_ms INTEGER;
ALTER TABLE organizations ADD COLUMN trouble_at_ms INTEGER;
ALTER TABLE organizations ADD COLUMN trouble_what TEXT CHECK ((trouble_what IS NULL) = (trouble_at_ms IS NULL));
-- The warnings given since the last credit, with a space between them.
ALTER TABLE organizations ADD COLUMN warned TEXT NOT NULL DEFAULT '';

-- A request that is not closed counts until it expires; `created_at_ms` is when it was placed or last enlarged.
ALTER TABLE requests RENAME COLUMN released_at_ms TO closed_at_ms;
DROP INDEX requests_unreleased;
UPDATE requests SET closed_at_ms = min(expires_at_ms, unixepoch() * 1000) WHERE closed_at_ms IS NULL;
CREATE INDEX requests_open ON requests (organization_id) WHERE closed_at_ms IS NULL;

-- A node's time is part of its row; its secret is derived from its name, and no longer stored.
ALTER TABLE nodes DROP COLUMN secret_hash;
ALTER TABLE nodes RENAME COLUMN created_at_ms TO began_at_ms;
ALTER TABLE nodes RENAME COLUMN paid_until_ms TO held_until_ms;
ALTER TABLE nodes ADD COLUMN ready_at_ms INTEGER;
ALTER TABLE nodes ADD COLUMN charged_until_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE nodes ADD COLUMN carry INTEGER NOT NULL DEFAULT 0 CHECK (carry >= 0 AND carry < 3600000);
ALTER TABLE nodes ADD COLUMN rate_micro_usd INTEGER NOT NULL DEFAULT 0 CHECK (rate_micro_usd >= 0);
ALTER TABLE nodes ADD COLUMN failed_boot INTEGER NOT NULL DEFAULT 0 CHECK (failed_boot IN (0, 1));
UPDATE nodes SET charged_until_ms = held_until_ms;
UPDATE nodes SET state = 'gone', gone_at_ms = unixepoch() * 1000 WHERE state <> 'gone';

-- The time of what a running cluster costs besides its nodes.
CREATE TABLE fixed_meters (
    organization_id  INTEGER PRIMARY KEY REFERENCES organizations (id) ON DELETE RESTRICT,
    began_at_ms      INTEGER NOT NULL,
    held_until_ms    INTEGER NOT NULL,
    charged_until_ms INTEGER NOT NULL,
    carry            INTEGER NOT NULL CHECK (carry >= 0 AND carry < 3600000),
    rate_micro_usd   INTEGER NOT NULL CHECK (rate_micro_usd >= 0)
) STRICT;

-- What people are told; told once under one key.
CREATE TABLE notices (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE RESTRICT,
    user_id         INTEGER REFERENCES users (id) ON DELETE RESTRICT, -- whom it concerns; NULL for the owners
    at_ms           INTEGER NOT NULL,
    kind            TEXT NOT NULL,
    message         TEXT NOT NULL,
    notice_key      TEXT NOT NULL,
    UNIQUE (organization_id, notice_key)
) STRICT;
CREATE INDEX notices_of_organization ON notices (organization_id, id);

DROP INDEX ledger_of_organization;
DROP INDEX ledger_credits;
DROP TRIGGER ledger_never_changes;
DROP TRIGGER ledger_never_shrinks;
DROP TRIGGER ledger_adds_up;
DROP TRIGGER ledger_charges_are_covered;
ALTER TABLE ledger RENAME TO ledger_until_0002;
CREATE TRIGGER ledger_until_0002_never_changes BEFORE UPDATE ON ledger_until_0002
BEGIN SELECT raise(ABORT, 'ledger: lines are never changed'); END;
CREATE TRIGGER ledger_until_0002_never_shrinks BEFORE DELETE ON ledger_until_0002
BEGIN SELECT raise(ABORT, 'ledger: lines are never removed'); END;
CREATE TRIGGER ledger_until_0002_never_grows BEFORE INSERT ON ledger_until_0002
BEGIN SELECT raise(ABORT, 'ledger: this one is closed'); END;

-- Each organization's lines are numbered from 1 and never change. Each carries what all lines up to it come to, so
-- that the next one, and whoever wants to know, reads one line only.
CREATE TABLE ledger (
    organization_id    INTEGER NOT NULL REFERENCES organizations (id) ON DELETE RESTRICT,
    line               INTEGER NOT NULL CHECK (line >= 1),
    at_ms              INTEGER NOT NULL,
    kind               TEXT NOT NULL,
    amount_micro_usd   INTEGER NOT NULL, -- what it adds to the balance
    set_aside          INTEGER NOT NULL, -- what it adds to what the pending reservation holds
    reservation        INTEGER,          -- the number of the one it makes, is charged to, or settles
    user_id            INTEGER REFERENCES users (id) ON DELETE RESTRICT, -- who pays a charge; NULL for the organization
    node_id            TEXT,             -- which node ran over; NULL for the fixed part
    payers             TEXT,             -- of a reservation: [[user_id or null, weight], …]
    note               TEXT NOT NULL,
    idempotency_key    TEXT NOT NULL,
    balance_after      INTEGER NOT NULL,
    reserved_after     INTEGER CHECK (reserved_after >= 0), -- what the pending reservation holds; NULL if none is
    credited_after     INTEGER NOT NULL CHECK (credited_after >= 0),
    reservations_after INTEGER NOT NULL CHECK (reservations_after >= 0), -- how many there ever were
    PRIMARY KEY (organization_id, line),
    UNIQUE (organization_id, idempotency_key),
    CONSTRAINT kind_and_sign CHECK (CASE kind
        WHEN 'credit' THEN amount_micro_usd > 0
        WHEN 'reserve' THEN amount_micro_usd = 0 AND set_aside >= 0
        WHEN 'charge' THEN amount_micro_usd <= 0 AND set_aside = amount_micro_usd
        WHEN 'settle' THEN amount_micro_usd = 0 AND set_aside <= 0
        WHEN 'overrun' THEN amount_micro_usd < 0
        WHEN 'adjustment' THEN amount_micro_usd <> 0
        ELSE 0 END),
    CONSTRAINT shape CHECK (
        (reservation IS NOT NULL) = (kind IN ('reserve', 'charge', 'settle'))
        AND (set_aside = 0 OR reservation IS NOT NULL)
        AND (payers IS NOT NULL) = (kind = 'reserve')
        AND (user_id IS NULL OR kind = 'charge')
        AND (node_id IS NULL OR kind = 'overrun'))
) STRICT, WITHOUT ROWID;

CREATE TRIGGER ledger_never_changes BEFORE UPDATE ON ledger
BEGIN SELECT raise(ABORT, 'ledger: lines are never changed'); END;

CREATE TRIGGER ledger_never_shrinks BEFORE DELETE ON ledger
BEGIN SELECT raise(ABORT, 'ledger: lines are never removed'); END;

-- The first two conditions also stop INSERT OR REPLACE, which would remove a line without the trigger above.
CREATE TRIGGER ledger_adds_up BEFORE INSERT ON ledger
BEGIN
    SELECT CASE
        WHEN EXISTS (SELECT 1 FROM ledger
                     WHERE organization_id = NEW.organization_id AND idempotency_key = NEW.idempotency_key)
        THEN raise(ABORT, 'ledger: a line stands under that key already')
        WHEN (NEW.line <> 1 AND before.line IS NULL)
            OR EXISTS (SELECT 1 FROM ledger WHERE organization_id = NEW.organization_id AND line >= NEW.line)
        THEN raise(ABORT, 'ledger: the line does not follow from the one before')
        WHEN NEW.kind = 'reserve'
            AND (before.reserved_after IS NOT NULL OR NEW.reservation <> coalesce(before.reservations_after, 0))
        THEN raise(ABORT, 'ledger: another reservation is pending, or had that number')
        WHEN NEW.kind IN ('charge', 'settle')
            AND (before.reserved_after IS NULL OR NEW.reservation <> before.reservations_after - 1)
        THEN raise(ABORT, 'ledger: the reservation is not pending')
        WHEN NEW.kind = 'charge' AND NEW.set_aside + before.reserved_after < 0
        THEN raise(ABORT, 'ledger: more would be charged to a reservation than it holds')
        WHEN NEW.balance_after <> coalesce(before.balance_after, 0) + NEW.amount_micro_usd
            OR NEW.reserved_after IS NOT CASE NEW.kind WHEN 'reserve' THEN NEW.set_aside WHEN 'settle' THEN NULL
                                         ELSE before.reserved_after + NEW.set_aside END
            OR (NEW.kind = 'settle' AND NEW.set_aside + before.reserved_after <> 0)
            OR NEW.credited_after <> coalesce(before.credited_after, 0) + iif(NEW.kind = 'credit', NEW.amount_micro_usd, 0)
            OR NEW.reservations_after <> coalesce(before.reservations_after, 0) + (NEW.kind = 'reserve')
        THEN raise(ABORT, 'ledger: the line does not follow from the one before')
        WHEN NEW.kind = 'reserve' AND NEW.balance_after < NEW.reserved_after
        THEN raise(ABORT, 'ledger: more would be reserved than is available')
    END
    FROM (SELECT 1) LEFT JOIN ledger AS before
        ON before.organization_id = NEW.organization_id AND before.line = NEW.line - 1;
END;

-- Where the pending reservation of an organization stands in its ledger; kept by the ledger itself.
CREATE TABLE pending_reservations (
    organization_id INTEGER PRIMARY KEY REFERENCES organizations (id) ON DELETE RESTRICT,
    line            INTEGER NOT NULL,
    FOREIGN KEY (organization_id, line) REFERENCES ledger (organization_id, line) ON DELETE RESTRICT
) STRICT;

CREATE TRIGGER ledger_reserves AFTER INSERT ON ledger WHEN NEW.kind = 'reserve'
BEGIN INSERT INTO pending_reservations (organization_id, line) VALUES (NEW.organization_id, NEW.line); END;

CREATE TRIGGER ledger_settles AFTER INSERT ON ledger WHEN NEW.kind = 'settle'
BEGIN DELETE FROM pending_reservations WHERE organization_id = NEW.organization_id; END;

INSERT INTO ledger (organization_id, line, at_ms, kind, amount_micro_usd, set_aside, note, idempotency_key,
                    balance_after, credited_after, reservations_after)
SELECT organization_id, 1, at_ms, iif(balance_after_micro_usd > 0, 'credit', 'adjustment'), balance_after_micro_usd, 0,
    'balance of the ledger before', 'carried:0002', balance_after_micro_usd, max(balance_after_micro_usd, 0), 0
FROM ledger_until_0002 AS last
WHERE balance_after_micro_usd <> 0
    AND id = (SELECT max(id) FROM ledger_until_0002 WHERE organization_id = last.organization_id);
