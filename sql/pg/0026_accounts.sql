-- Accounts in mobile banking: which of them are used there, and class II and III accounts with what passes through them.
ALTER TABLE bank_account ADD COLUMN operable BIGINT NOT NULL DEFAULT 1 CHECK (operable IN (0, 1)); -- 0: its owner removed it
ALTER TABLE bank_account ADD COLUMN closed_at BIGINT NOT NULL DEFAULT 0;                           -- 0: open
CREATE TABLE bank_eaccount (
    account BIGINT NOT NULL PRIMARY KEY,
    customer BIGINT NOT NULL,
    class BIGINT NOT NULL CHECK (class IN (2, 3)),
    slot BIGINT NOT NULL CHECK (slot > 0), -- which of as many as one person may have open
    bound BIGINT NOT NULL,                 -- the class I account of the same person that it is bound to
    pin_record BYTEA NOT NULL,               -- password record of the account's own password
    opened_at BIGINT NOT NULL,
    closed_at BIGINT NOT NULL              -- 0: open
);
CREATE UNIQUE INDEX bank_eaccount_slot ON bank_eaccount (customer, class, slot) WHERE closed_at = 0;
CREATE INDEX bank_eaccount_bound ON bank_eaccount (bound);
-- What came from and went to other than the bound account.
CREATE TABLE bank_quota (
    account BIGINT NOT NULL,
    direction TEXT NOT NULL CHECK (direction IN ('in', 'out')),
    span TEXT NOT NULL CHECK (span IN ('day', 'year')),
    start BIGINT NOT NULL,                 -- its first day, Beijing calendar
    used_fen BIGINT NOT NULL CHECK (used_fen >= 0),
    PRIMARY KEY (account, direction, span, start)
);
