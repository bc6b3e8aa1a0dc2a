-- Why an account may not be debited: the ledger's state is frozen while one of these stands.
CREATE TABLE bank_block (
    account BIGINT NOT NULL,
    reason TEXT NOT NULL CHECK (reason IN ('loss', 'freeze', 'stop_payment')),
    since BIGINT NOT NULL,
    PRIMARY KEY (account, reason)
);
-- What customers allow themselves of the bank's limits; 0: nothing of their own.
CREATE TABLE order_own_limit (
    customer BIGINT NOT NULL PRIMARY KEY,
    once_fen BIGINT NOT NULL CHECK (once_fen >= 0),
    day_fen BIGINT NOT NULL CHECK (day_fen >= 0),
    changed_at BIGINT NOT NULL
);
