-- The bank's staff, their wrong tries, and the cookie sessions of the console.
CREATE TABLE staff (
    id INTEGER PRIMARY KEY,
    user_name TEXT NOT NULL UNIQUE, -- lower case
    name BLOB NOT NULL,             -- sealed
    role TEXT NOT NULL,
    password BLOB NOT NULL,         -- record of a password
    totp BLOB NOT NULL,             -- sealed secret of the one-time codes
    totp_step INTEGER NOT NULL,     -- the last step whose code was used: a code works once
    state TEXT NOT NULL,            -- active, disabled
    created_at INTEGER NOT NULL,
    password_changed_at INTEGER NOT NULL
) STRICT;
-- By the keyed index of the name that was typed, whether or not somebody has it.
CREATE TABLE staff_try (
    who BLOB PRIMARY KEY,
    in_a_row INTEGER NOT NULL,
    locked_until INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX staff_try_changed ON staff_try (changed_at);
CREATE TABLE staff_session (
    id INTEGER PRIMARY KEY,
    staff INTEGER NOT NULL,
    token_digest BLOB NOT NULL UNIQUE, -- SM3; the token itself lives in the cookie alone
    created_at INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    address TEXT NOT NULL,
    state TEXT NOT NULL,               -- active, ended
    ended_at INTEGER NOT NULL,
    ended_reason TEXT NOT NULL         -- logout, idle, too_old, later_login
) STRICT;
CREATE UNIQUE INDEX staff_session_one ON staff_session (staff) WHERE state = 'active';
