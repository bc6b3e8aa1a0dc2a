-- Who is it. Identity data (sealed) stands apart from the business row of a customer.
CREATE TABLE customer (
    id BIGINT PRIMARY KEY,
    state TEXT NOT NULL,        -- active, suspended, closed
    must_change BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE TABLE customer_identity (
    customer BIGINT PRIMARY KEY,
    name BYTEA NOT NULL,
    phone BYTEA NOT NULL,
    id_no BYTEA NOT NULL,
    customer_no BYTEA NOT NULL,
    alias BYTEA NOT NULL,
    id_no_index BYTEA NOT NULL UNIQUE
);
-- What a customer may type to log in: blind indexes of phone, customer number and alias.
CREATE TABLE login_name (
    name_index BYTEA PRIMARY KEY,
    customer BIGINT NOT NULL,
    kind TEXT NOT NULL          -- phone, customer_no, alias
);
CREATE INDEX login_name_customer ON login_name (customer);
CREATE TABLE credential (
    customer BIGINT NOT NULL,
    kind TEXT NOT NULL,         -- login, pay
    record BYTEA NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (customer, kind)
);
-- Wrong tries of one secret of one customer, or of one name that is nobody's: the same rules for both.
CREATE TABLE try_counter (
    who BYTEA PRIMARY KEY,
    in_a_row BIGINT NOT NULL,
    day BIGINT NOT NULL,
    in_day BIGINT NOT NULL,
    locked_until BIGINT NOT NULL,
    blocked BIGINT NOT NULL,   -- until somebody lifts it
    changed_at BIGINT NOT NULL
);
CREATE INDEX try_counter_changed ON try_counter (changed_at) WHERE blocked = 0;
CREATE TABLE device (
    id BIGINT PRIMARY KEY,
    customer BIGINT NOT NULL,
    device_id TEXT NOT NULL,
    public_key BYTEA NOT NULL,
    name BYTEA NOT NULL,         -- sealed
    os TEXT NOT NULL,
    fingerprint BYTEA NOT NULL,  -- keyed digest
    state TEXT NOT NULL,        -- new, bound
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    UNIQUE (customer, device_id)
);
CREATE TABLE login_session (
    id BIGINT PRIMARY KEY,
    login_id TEXT NOT NULL UNIQUE,
    customer BIGINT NOT NULL,
    device BIGINT NOT NULL,
    state TEXT NOT NULL,        -- pending, active, ended
    session_digest BYTEA NOT NULL, -- SM3 of the channel session it is on
    k_res BYTEA NOT NULL,        -- sealed; empty while pending and when ended
    created_at BIGINT NOT NULL,
    login_at BIGINT NOT NULL,
    last_seen BIGINT NOT NULL,
    previous_login_at BIGINT NOT NULL,
    previous_device BIGINT NOT NULL, -- 0: a first login
    ended_at BIGINT NOT NULL,
    ended_reason TEXT NOT NULL
);
CREATE UNIQUE INDEX login_session_channel ON login_session (session_digest) WHERE state = 'active';
CREATE INDEX login_session_customer ON login_session (customer, id);
-- A customer has one login at a time.
CREATE UNIQUE INDEX login_session_active ON login_session (customer) WHERE state = 'active';
CREATE INDEX login_session_pending ON login_session (created_at) WHERE state = 'pending';
