-- Passwords that were: a new one is none of the last.
CREATE TABLE password_history (
    customer INTEGER NOT NULL,
    kind TEXT NOT NULL,         -- login, pay
    at INTEGER NOT NULL,
    record BLOB NOT NULL,
    PRIMARY KEY (customer, kind, at)
) STRICT, WITHOUT ROWID;
-- A change or a reset that waits for its code by SMS. Right once, on the channel where it began.
CREATE TABLE password_pending (
    id INTEGER NOT NULL PRIMARY KEY,
    token TEXT NOT NULL UNIQUE,
    customer INTEGER NOT NULL,
    login INTEGER NOT NULL,          -- 0: a reset, before any login
    session_digest BLOB NOT NULL, -- SM3 of the channel session that it began on
    kind TEXT NOT NULL,         -- login, pay
    record BLOB NOT NULL,         -- what will be set; empty for a reset, which brings it along
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX password_pending_age ON password_pending (created_at);
