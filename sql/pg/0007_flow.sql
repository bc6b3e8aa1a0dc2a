-- Orders: the life of every critical operation. What a person may read in it is sealed.
CREATE TABLE flow_order (
    id BIGINT NOT NULL PRIMARY KEY,
    customer BIGINT NOT NULL,
    login BIGINT NOT NULL,        -- its factors count for this login only
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    risk TEXT NOT NULL,
    amount_fen BIGINT NOT NULL CHECK (amount_fen >= 0),
    fee_fen BIGINT NOT NULL CHECK (fee_fen >= 0),
    from_account BIGINT NOT NULL,
    to_account BIGINT NOT NULL,
    content BYTEA NOT NULL,         -- sealed: canonical text, display, payload
    digest BYTEA NOT NULL,          -- SM3 of the text
    factors_needed BIGINT NOT NULL,
    factors_done BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    done_at BIGINT NOT NULL,      -- 0: not yet
    journal_id BIGINT NOT NULL,
    audit_id BIGINT NOT NULL,     -- the record of the last change of state
    answer BYTEA NOT NULL           -- sealed: what confirm answered; empty before
);
CREATE INDEX flow_order_customer ON flow_order (customer, id);
CREATE INDEX flow_order_payee ON flow_order (customer, to_account);
CREATE INDEX flow_order_state ON flow_order (state, id);
CREATE INDEX flow_order_open ON flow_order (expires_at) WHERE state IN ('prepared', 'authorised');
CREATE TABLE order_step (
    id BIGINT NOT NULL PRIMARY KEY,
    order_id BIGINT NOT NULL,
    step TEXT NOT NULL,            -- "prepare", "pay_password", "sms", "confirm", "cancel"
    at BIGINT NOT NULL,
    result TEXT NOT NULL           -- name of a status
);
CREATE INDEX order_step_order ON order_step (order_id, id);
CREATE TABLE order_limit (
    customer BIGINT NOT NULL,
    category TEXT NOT NULL,
    day BIGINT NOT NULL,          -- Beijing calendar day
    used_fen BIGINT NOT NULL CHECK (used_fen >= 0),
    uses BIGINT NOT NULL,
    PRIMARY KEY (customer, category, day)
);
CREATE TRIGGER order_step_append_only BEFORE UPDATE OR DELETE ON order_step
    FOR EACH ROW EXECUTE FUNCTION zy_append_only();
