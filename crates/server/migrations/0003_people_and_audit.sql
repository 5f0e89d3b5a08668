-- People who sign up by themselves, what owners may set, and who did what.

-- A user without a password signs in with GitHub only.
ALTER TABLE users ADD COLUMN password TEXT;
UPDATE users SET password = password_hash;
ALTER TABLE users DROP COLUMN password_hash;
ALTER TABLE users RENAME COLUMN password TO password_hash;
-- May add organizations, and look after all of them.
ALTER TABLE users ADD COLUMN is_staff INTEGER NOT NULL DEFAULT 0 CHECK (is_staff IN (0, 1));
-- Since when they can no longer sign in.
ALTER TABLE users ADD COLUMN disabled_at_ms INTEGER;

-- As many nodes as the owners may allow themselves at most: the operator's cap.
ALTER TABLE organizations ADD COLUMN node_cap INTEGER NOT NULL DEFAULT 0 CHECK (node_cap >= 0);
UPDATE organizations SET node_cap = max(max_nodes, 10);

CREATE INDEX memberships_of_user ON memberships (user_id);

-- Who did what, from where. Lines are only ever added, in the transaction of what they tell.
CREATE TABLE audit (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms           INTEGER NOT NULL,
    user_id         INTEGER REFERENCES users (id) ON DELETE RESTRICT, -- who; NULL for the command line
    address         TEXT NOT NULL, -- from where: the client's address, or `command line`
    request_id      TEXT,          -- of the request, as it is in the log
    session_id      TEXT,          -- of the session whose token was used
    organization_id INTEGER REFERENCES organizations (id) ON DELETE RESTRICT, -- whose business it was
    action          TEXT NOT NULL, -- such as `membership.approved`
    subject         TEXT NOT NULL, -- whom or what it was done to, as text
    detail          TEXT NOT NULL  -- what is worth knowing besides, as a sentence; never a secret
) STRICT;
CREATE INDEX audit_of_organization ON audit (organization_id, id);
CREATE INDEX audit_of_user ON audit (user_id, id);

CREATE TRIGGER audit_never_changes BEFORE UPDATE ON audit
BEGIN SELECT raise(ABORT, 'audit: lines are never changed'); END;

CREATE TRIGGER audit_never_shrinks BEFORE DELETE ON audit
BEGIN SELECT raise(ABORT, 'audit: lines are never removed'); END;

-- Also stops INSERT OR REPLACE, which would remove a line without the trigger above.
CREATE TRIGGER audit_only_grows BEFORE INSERT ON audit
WHEN NEW.id IS NOT NULL AND EXISTS (SELECT 1 FROM audit WHERE id = NEW.id)
BEGIN SELECT raise(ABORT, 'audit: a line has that number already'); END;
