-- Transfers to other banks that a customer had free in a month; month: its first day.
CREATE TABLE route_free_use (
    customer BIGINT NOT NULL PRIMARY KEY,
    month BIGINT NOT NULL,
    used BIGINT NOT NULL CHECK (used > 0)
);
-- Phone numbers that stand for an account: one row for each number that was ever bound here.
CREATE TABLE phone_binding (
    phone_index BYTEA NOT NULL PRIMARY KEY,
    customer BIGINT NOT NULL,
    account BIGINT NOT NULL,
    content BYTEA NOT NULL,            -- sealed: phone, number, name
    state TEXT NOT NULL CHECK (state IN ('binding', 'bound', 'unbinding', 'released')),
    changed_at BIGINT NOT NULL,
    next_try_at BIGINT NOT NULL,    -- when the clearing house is asked next; 0: there is nothing to ask
    tries BIGINT NOT NULL,
    unsure_until BIGINT NOT NULL    -- a question without an answer may still reach the house until then
);
CREATE INDEX phone_binding_customer ON phone_binding (customer);
CREATE INDEX phone_binding_due ON phone_binding (next_try_at);
-- Whom a phone number led to, for the login that asked.
CREATE TABLE phone_payee (
    id BIGINT NOT NULL PRIMARY KEY,
    customer BIGINT NOT NULL,
    login BIGINT NOT NULL,
    content BYTEA NOT NULL,            -- sealed: bank, number, name
    expires_at BIGINT NOT NULL
);
CREATE INDEX phone_payee_expires ON phone_payee (expires_at);
-- How often a customer has asked for phone numbers on a day.
CREATE TABLE phone_lookup (
    customer BIGINT NOT NULL PRIMARY KEY,
    day BIGINT NOT NULL,
    used BIGINT NOT NULL CHECK (used > 0)
);
