-- Transfers to other banks that a customer had free in a month; month: its first day.
CREATE TABLE route_free_use (
    customer INTEGER NOT NULL PRIMARY KEY,
    month INTEGER NOT NULL,
    used INTEGER NOT NULL CHECK (used > 0)
) STRICT;
-- Phone numbers that stand for an account: one row for each number that was ever bound here.
CREATE TABLE phone_binding (
    phone_index BLOB NOT NULL PRIMARY KEY,
    customer INTEGER NOT NULL,
    account INTEGER NOT NULL,
    content BLOB NOT NULL,            -- sealed: phone, number, name
    state TEXT NOT NULL CHECK (state IN ('binding', 'bound', 'unbinding', 'released')),
    changed_at INTEGER NOT NULL,
    next_try_at INTEGER NOT NULL,    -- when the clearing house is asked next; 0: there is nothing to ask
    tries INTEGER NOT NULL,
    unsure_until INTEGER NOT NULL    -- a question without an answer may still reach the house until then
) STRICT;
CREATE INDEX phone_binding_customer ON phone_binding (customer);
CREATE INDEX phone_binding_due ON phone_binding (next_try_at);
-- Whom a phone number led to, for the login that asked.
CREATE TABLE phone_payee (
    id INTEGER NOT NULL PRIMARY KEY,
    customer INTEGER NOT NULL,
    login INTEGER NOT NULL,
    content BLOB NOT NULL,            -- sealed: bank, number, name
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX phone_payee_expires ON phone_payee (expires_at);
-- How often a customer has asked for phone numbers on a day.
CREATE TABLE phone_lookup (
    customer INTEGER NOT NULL PRIMARY KEY,
    day INTEGER NOT NULL,
    used INTEGER NOT NULL CHECK (used > 0)
) STRICT;
