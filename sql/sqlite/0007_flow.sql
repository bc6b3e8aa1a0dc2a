-- Orders: the life of every critical operation. What a person may read in it is sealed.
CREATE TABLE flow_order (
    id INTEGER NOT NULL PRIMARY KEY,
    customer INTEGER NOT NULL,
    login INTEGER NOT NULL,        -- its factors count for this login only
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    risk TEXT NOT NULL,
    amount_fen INTEGER NOT NULL CHECK (amount_fen >= 0),
    fee_fen INTEGER NOT NULL CHECK (fee_fen >= 0),
    from_account INTEGER NOT NULL,
    to_account INTEGER NOT NULL,
    content BLOB NOT NULL,         -- sealed: canonical text, display, payload
    digest BLOB NOT NULL,          -- SM3 of the text
    factors_needed INTEGER NOT NULL,
    factors_done INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    done_at INTEGER NOT NULL,      -- 0: not yet
    journal_id INTEGER NOT NULL,
    audit_id INTEGER NOT NULL,     -- the record of the last change of state
    answer BLOB NOT NULL           -- sealed: what confirm answered; empty before
) STRICT;
CREATE INDEX flow_order_customer ON flow_order (customer, id);
CREATE INDEX flow_order_payee ON flow_order (customer, to_account);
CREATE INDEX flow_order_state ON flow_order (state, id);
CREATE INDEX flow_order_open ON flow_order (expires_at) WHERE state IN ('prepared', 'authorised');
CREATE TABLE order_step (
    id INTEGER NOT NULL PRIMARY KEY,
    order_id INTEGER NOT NULL,
    step TEXT NOT NULL,            -- "prepare", "pay_password", "sms", "confirm", "cancel"
    at INTEGER NOT NULL,
    result TEXT NOT NULL           -- name of a status
) STRICT;
CREATE INDEX order_step_order ON order_step (order_id, id);
CREATE TABLE order_limit (
    customer INTEGER NOT NULL,
    category TEXT NOT NULL,
    day INTEGER NOT NULL,          -- Beijing calendar day
    used_fen INTEGER NOT NULL CHECK (used_fen >= 0),
    uses INTEGER NOT NULL,
    PRIMARY KEY (customer, category, day)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER order_step_no_update BEFORE UPDATE ON order_step BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER order_step_no_delete BEFORE DELETE ON order_step BEGIN SELECT RAISE(ABORT, 'append only'); END;
