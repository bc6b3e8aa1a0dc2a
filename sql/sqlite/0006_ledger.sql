-- Double entry. Journals and postings are only ever added. 10^17 fen bounds every amount and balance, so that no sum of
-- two overflows 64 bits.
CREATE TABLE ledger_day (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    day INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;
CREATE TABLE ledger_cut_off (
    day INTEGER NOT NULL PRIMARY KEY, -- the accounting day that ended
    at INTEGER NOT NULL
) STRICT;
CREATE TABLE ledger_account (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    currency TEXT NOT NULL CHECK (currency = 'CNY'),
    subject TEXT NOT NULL,
    branch TEXT NOT NULL,
    internal INTEGER NOT NULL CHECK (internal IN (0, 1)), -- 1: the bank's own, without balance row
    opened_at INTEGER NOT NULL
) STRICT;
CREATE TABLE ledger_balance (
    account INTEGER NOT NULL PRIMARY KEY,
    balance_fen INTEGER NOT NULL,
    held_fen INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'frozen', 'closed')),
    CHECK (held_fen >= 0 AND balance_fen >= held_fen AND balance_fen <= 100000000000000000)
) STRICT;
CREATE TABLE ledger_journal (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    day INTEGER NOT NULL,       -- accounting day
    value_day INTEGER NOT NULL, -- Beijing calendar day of `at`
    at INTEGER NOT NULL,
    order_id INTEGER NOT NULL,  -- 0: none
    audit_id INTEGER NOT NULL,
    reverses INTEGER NOT NULL,  -- the journal that this one corrects; 0: none
    leg_count INTEGER NOT NULL CHECK (leg_count BETWEEN 2 AND 16),
    summary_code TEXT NOT NULL,
    summary TEXT NOT NULL
) STRICT;
-- The last barrier against doing one order twice, and against correcting a journal twice.
CREATE UNIQUE INDEX ledger_journal_order ON ledger_journal (order_id, summary_code) WHERE order_id <> 0;
CREATE UNIQUE INDEX ledger_journal_reverses ON ledger_journal (reverses) WHERE reverses <> 0;
CREATE TABLE ledger_posting (
    id INTEGER NOT NULL PRIMARY KEY, -- ascends in the order in which an account's balance changed
    journal INTEGER NOT NULL,
    leg INTEGER NOT NULL,
    account INTEGER NOT NULL,
    day INTEGER NOT NULL,
    amount_fen INTEGER NOT NULL CHECK (amount_fen <> 0 AND amount_fen BETWEEN -100000000000000000 AND 100000000000000000),
    balance_after_fen INTEGER,       -- NULL: the bank's own account
    counterparty TEXT NOT NULL       -- masked
) STRICT;
CREATE INDEX ledger_posting_account ON ledger_posting (account, day, id);
CREATE TRIGGER ledger_journal_no_update BEFORE UPDATE ON ledger_journal BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER ledger_journal_no_delete BEFORE DELETE ON ledger_journal BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER ledger_posting_no_update BEFORE UPDATE ON ledger_posting BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER ledger_posting_no_delete BEFORE DELETE ON ledger_posting BEGIN SELECT RAISE(ABORT, 'append only'); END;
