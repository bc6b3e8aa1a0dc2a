-- Who is it. Identity data (sealed) stands apart from the business row of a customer.
CREATE TABLE customer (
    id INTEGER PRIMARY KEY,
    state TEXT NOT NULL,        -- active, suspended, closed
    must_change INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE TABLE customer_identity (
    customer INTEGER PRIMARY KEY,
    name BLOB NOT NULL,
    phone BLOB NOT NULL,
    id_no BLOB NOT NULL,
    customer_no BLOB NOT NULL,
    alias BLOB NOT NULL,
    id_no_index BLOB NOT NULL UNIQUE
) STRICT;
-- What a customer may type to log in: blind indexes of phone, customer number and alias.
CREATE TABLE login_name (
    name_index BLOB PRIMARY KEY,
    customer INTEGER NOT NULL,
    kind TEXT NOT NULL          -- phone, customer_no, alias
) STRICT;
CREATE INDEX login_name_customer ON login_name (customer);
CREATE TABLE credential (
    customer INTEGER NOT NULL,
    kind TEXT NOT NULL,         -- login, pay
    record BLOB NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (customer, kind)
) STRICT, WITHOUT ROWID;
-- Wrong tries of one secret of one customer, or of one name that is nobody's: the same rules for both.
CREATE TABLE try_counter (
    who BLOB PRIMARY KEY,
    in_a_row INTEGER NOT NULL,
    day INTEGER NOT NULL,
    in_day INTEGER NOT NULL,
    locked_until INTEGER NOT NULL,
    blocked INTEGER NOT NULL,   -- until somebody lifts it
    changed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX try_counter_changed ON try_counter (changed_at) WHERE blocked = 0;
CREATE TABLE device (
    id INTEGER PRIMARY KEY,
    customer INTEGER NOT NULL,
    device_id TEXT NOT NULL,
    public_key BLOB NOT NULL,
    name BLOB NOT NULL,         -- sealed
    os TEXT NOT NULL,
    fingerprint BLOB NOT NULL,  -- keyed digest
    state TEXT NOT NULL,        -- new, bound
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    UNIQUE (customer, device_id)
) STRICT;
CREATE TABLE login_session (
    id INTEGER PRIMARY KEY,
    login_id TEXT NOT NULL UNIQUE,
    customer INTEGER NOT NULL,
    device INTEGER NOT NULL,
    state TEXT NOT NULL,        -- pending, active, ended
    session_digest BLOB NOT NULL, -- SM3 of the channel session it is on
    k_res BLOB NOT NULL,        -- sealed; empty while pending and when ended
    created_at INTEGER NOT NULL,
    login_at INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    previous_login_at INTEGER NOT NULL,
    previous_device INTEGER NOT NULL, -- 0: a first login
    ended_at INTEGER NOT NULL,
    ended_reason TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX login_session_channel ON login_session (session_digest) WHERE state = 'active';
CREATE INDEX login_session_customer ON login_session (customer, id);
-- A customer has one login at a time.
CREATE UNIQUE INDEX login_session_active ON login_session (customer) WHERE state = 'active';
CREATE INDEX login_session_pending ON login_session (created_at) WHERE state = 'pending';
