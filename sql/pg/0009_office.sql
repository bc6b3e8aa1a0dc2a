-- The bank's staff, their wrong tries, and the cookie sessions of the console.
CREATE TABLE staff (
    id BIGINT PRIMARY KEY,
    user_name TEXT NOT NULL UNIQUE, -- lower case
    name BYTEA NOT NULL,             -- sealed
    role TEXT NOT NULL,
    password BYTEA NOT NULL,         -- record of a password
    totp BYTEA NOT NULL,             -- sealed secret of the one-time codes
    totp_step BIGINT NOT NULL,     -- the last step whose code was used: a code works once
    state TEXT NOT NULL,            -- active, disabled
    created_at BIGINT NOT NULL,
    password_changed_at BIGINT NOT NULL
);
-- By the keyed index of the name that was typed, whether or not somebody has it.
CREATE TABLE staff_try (
    who BYTEA PRIMARY KEY,
    in_a_row BIGINT NOT NULL,
    locked_until BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);
CREATE INDEX staff_try_changed ON staff_try (changed_at);
CREATE TABLE staff_session (
    id BIGINT PRIMARY KEY,
    staff BIGINT NOT NULL,
    token_digest BYTEA NOT NULL UNIQUE, -- SM3; the token itself lives in the cookie alone
    created_at BIGINT NOT NULL,
    last_seen BIGINT NOT NULL,
    address TEXT NOT NULL,
    state TEXT NOT NULL,               -- active, ended
    ended_at BIGINT NOT NULL,
    ended_reason TEXT NOT NULL         -- logout, idle, too_old, later_login
);
CREATE UNIQUE INDEX staff_session_one ON staff_session (staff) WHERE state = 'active';
