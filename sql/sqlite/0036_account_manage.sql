-- Why an account may not be debited: the ledger's state is frozen while one of these stands.
CREATE TABLE bank_block (
    account INTEGER NOT NULL,
    reason TEXT NOT NULL CHECK (reason IN ('loss', 'freeze', 'stop_payment')),
    since INTEGER NOT NULL,
    PRIMARY KEY (account, reason)
) STRICT, WITHOUT ROWID;
-- What customers allow themselves of the bank's limits; 0: nothing of their own.
CREATE TABLE order_own_limit (
    customer INTEGER NOT NULL PRIMARY KEY,
    once_fen INTEGER NOT NULL CHECK (once_fen >= 0),
    day_fen INTEGER NOT NULL CHECK (day_fen >= 0),
    changed_at INTEGER NOT NULL
) STRICT;
