-- Passwords that were: a new one is none of the last.
CREATE TABLE password_history (
    customer BIGINT NOT NULL,
    kind TEXT NOT NULL,         -- login, pay
    at BIGINT NOT NULL,
    record BYTEA NOT NULL,
    PRIMARY KEY (customer, kind, at)
);
-- A change or a reset that waits for its code by SMS. Right once, on the channel where it began.
CREATE TABLE password_pending (
    id BIGINT NOT NULL PRIMARY KEY,
    token TEXT NOT NULL UNIQUE,
    customer BIGINT NOT NULL,
    login BIGINT NOT NULL,          -- 0: a reset, before any login
    session_digest BYTEA NOT NULL, -- SM3 of the channel session that it began on
    kind TEXT NOT NULL,         -- login, pay
    record BYTEA NOT NULL,         -- what will be set; empty for a reset, which brings it along
    created_at BIGINT NOT NULL
);
CREATE INDEX password_pending_age ON password_pending (created_at);
