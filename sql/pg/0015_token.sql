-- Dynamic tokens (GB/T 38556).
CREATE TABLE token (
    id BIGINT PRIMARY KEY,
    serial TEXT COLLATE "C" NOT NULL UNIQUE,
    seed BYTEA NOT NULL,             -- sealed; emptied when the token is retired
    step_s BIGINT NOT NULL,
    state TEXT NOT NULL,            -- stock, inactive, active, locked, lost, retired
    customer BIGINT NOT NULL,      -- 0: nobody's yet
    drift BIGINT NOT NULL,         -- how many steps the token's clock is ahead of ours
    last_step BIGINT NOT NULL,     -- no code of this step or an earlier one counts any more
    imported_at BIGINT NOT NULL,
    assigned_at BIGINT NOT NULL,
    activated_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);
-- A customer has one token in use.
CREATE UNIQUE INDEX token_in_use ON token (customer) WHERE state IN ('inactive', 'active', 'locked');
CREATE INDEX token_customer ON token (customer, id);
CREATE INDEX token_state ON token (state, id);
-- Files of seeds that wait for a checker.
CREATE TABLE token_batch (
    id BIGINT PRIMARY KEY,
    content BYTEA NOT NULL,          -- sealed
    tokens BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX token_batch_age ON token_batch (created_at);
