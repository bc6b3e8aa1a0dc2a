-- Dynamic tokens (GB/T 38556).
CREATE TABLE token (
    id INTEGER PRIMARY KEY,
    serial TEXT NOT NULL UNIQUE,
    seed BLOB NOT NULL,             -- sealed; emptied when the token is retired
    step_s INTEGER NOT NULL,
    state TEXT NOT NULL,            -- stock, inactive, active, locked, lost, retired
    customer INTEGER NOT NULL,      -- 0: nobody's yet
    drift INTEGER NOT NULL,         -- how many steps the token's clock is ahead of ours
    last_step INTEGER NOT NULL,     -- no code of this step or an earlier one counts any more
    imported_at INTEGER NOT NULL,
    assigned_at INTEGER NOT NULL,
    activated_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;
-- A customer has one token in use.
CREATE UNIQUE INDEX token_in_use ON token (customer) WHERE state IN ('inactive', 'active', 'locked');
CREATE INDEX token_customer ON token (customer, id);
CREATE INDEX token_state ON token (state, id);
-- Files of seeds that wait for a checker.
CREATE TABLE token_batch (
    id INTEGER PRIMARY KEY,
    content BLOB NOT NULL,          -- sealed
    tokens INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX token_batch_age ON token_batch (created_at);
