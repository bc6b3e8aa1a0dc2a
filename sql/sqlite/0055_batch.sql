-- Batches of transfers: rows that a customer brings, confirms at once and that are paid one by one.
CREATE TABLE batch (
    id INTEGER NOT NULL PRIMARY KEY,
    customer INTEGER NOT NULL,
    from_account INTEGER NOT NULL,
    state TEXT NOT NULL,           -- open, running, done
    order_id INTEGER NOT NULL,      -- that confirmed it, its mandate; 0: none yet
    version INTEGER NOT NULL,       -- goes up with each change of its rows
    row_count INTEGER NOT NULL,
    bad_count INTEGER NOT NULL,     -- rows that cannot be paid as they are
    misses INTEGER NOT NULL,        -- rows that were ever refused, those that were replaced too
    paid_count INTEGER NOT NULL,
    paid_fen INTEGER NOT NULL,
    failed_count INTEGER NOT NULL,
    failed_fen INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL
) STRICT;
CREATE INDEX batch_customer ON batch (customer, id);
CREATE INDEX batch_open ON batch (created_at, id) WHERE state = 'open';
CREATE INDEX batch_running ON batch (id) WHERE state = 'running';
CREATE TABLE batch_row (
    id INTEGER NOT NULL PRIMARY KEY,
    batch INTEGER NOT NULL,
    seq INTEGER NOT NULL,           -- from 1
    state TEXT NOT NULL,           -- ready, bad, paid, failed
    reason TEXT NOT NULL,          -- name of a status
    field TEXT NOT NULL,           -- which one is bad
    amount_fen INTEGER NOT NULL,
    fee_fen INTEGER NOT NULL,       -- the most that it may cost
    order_id INTEGER NOT NULL,      -- that paid it; 0: none
    content BLOB NOT NULL,        -- sealed: payee, memo, amount
    UNIQUE (batch, seq)
) STRICT;
CREATE INDEX batch_row_ready ON batch_row (batch, seq) WHERE state = 'ready';
