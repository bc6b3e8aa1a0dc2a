-- Self-registration: cards by which people prove who they are, registrations, and what customers may do who registered themselves.
ALTER TABLE customer ADD COLUMN scope TEXT NOT NULL DEFAULT 'full'; -- full, self: queries and transfers between own accounts
CREATE TABLE bank_card (
    account BIGINT PRIMARY KEY,
    phone_index BYTEA NOT NULL,   -- keyed blind index of the phone that was left with the bank for this card
    pin_record BYTEA NOT NULL,    -- password record
    issued_at BIGINT NOT NULL
);
CREATE TABLE registration (
    id BIGINT PRIMARY KEY,
    registration_id TEXT NOT NULL UNIQUE,
    customer BIGINT NOT NULL,
    account BIGINT NOT NULL,        -- whose card he proved himself by
    state TEXT NOT NULL,         -- started, waiting, done, refused
    session_digest BYTEA NOT NULL, -- SM3 of the channel session it began on
    device_id TEXT NOT NULL,
    consent TEXT NOT NULL,       -- version of the privacy text that was agreed to before anything was sent
    grade TEXT NOT NULL,         -- low, medium, high
    reference TEXT NOT NULL,     -- the screening system's number
    phone BYTEA NOT NULL,         -- sealed
    login_record BYTEA NOT NULL,  -- password records of what waits; else empty
    pay_record BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    decided_at BIGINT NOT NULL,     -- of what is done, waits or was refused
    expires_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX registration_waiting ON registration (customer) WHERE state = 'waiting';
CREATE INDEX registration_left ON registration (expires_at) WHERE state = 'started' OR state = 'waiting';
-- What the counter changes about a customer, until a checker has decided: requests stand in clear, this does not.
CREATE TABLE customer_change (
    id BIGINT PRIMARY KEY,
    customer BIGINT NOT NULL,
    content BYTEA NOT NULL,       -- sealed: name, phone
    created_at BIGINT NOT NULL
);
CREATE INDEX customer_change_created ON customer_change (created_at);
