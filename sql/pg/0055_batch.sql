-- Batches of transfers: rows that a customer brings, confirms at once and that are paid one by one.
CREATE TABLE batch (
    id BIGINT NOT NULL PRIMARY KEY,
    customer BIGINT NOT NULL,
    from_account BIGINT NOT NULL,
    state TEXT NOT NULL,           -- open, running, done
    order_id BIGINT NOT NULL,      -- that confirmed it, its mandate; 0: none yet
    version BIGINT NOT NULL,       -- goes up with each change of its rows
    row_count BIGINT NOT NULL,
    bad_count BIGINT NOT NULL,     -- rows that cannot be paid as they are
    misses BIGINT NOT NULL,        -- rows that were ever refused, those that were replaced too
    paid_count BIGINT NOT NULL,
    paid_fen BIGINT NOT NULL,
    failed_count BIGINT NOT NULL,
    failed_fen BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL
);
CREATE INDEX batch_customer ON batch (customer, id);
CREATE INDEX batch_open ON batch (created_at, id) WHERE state = 'open';
CREATE INDEX batch_running ON batch (id) WHERE state = 'running';
CREATE TABLE batch_row (
    id BIGINT NOT NULL PRIMARY KEY,
    batch BIGINT NOT NULL,
    seq BIGINT NOT NULL,           -- from 1
    state TEXT NOT NULL,           -- ready, bad, paid, failed
    reason TEXT NOT NULL,          -- name of a status
    field TEXT NOT NULL,           -- which one is bad
    amount_fen BIGINT NOT NULL,
    fee_fen BIGINT NOT NULL,       -- the most that it may cost
    order_id BIGINT NOT NULL,      -- that paid it; 0: none
    content BYTEA NOT NULL,        -- sealed: payee, memo, amount
    UNIQUE (batch, seq)
);
CREATE INDEX batch_row_ready ON batch_row (batch, seq) WHERE state = 'ready';
