-- Holds as rows, what was given back of a journal, and value days that a caller chose.
CREATE TABLE ledger_hold (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    account INTEGER NOT NULL,
    order_id INTEGER NOT NULL,      -- 0: none
    amount_fen INTEGER NOT NULL CHECK (amount_fen > 0),
    made_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('held', 'captured', 'released', 'expired')),
    captured_fen INTEGER NOT NULL CHECK (captured_fen BETWEEN 0 AND amount_fen),
    journal INTEGER NOT NULL,       -- which captured it; 0: none
    ended_at INTEGER NOT NULL       -- 0: still held
) STRICT;
CREATE INDEX ledger_hold_ending ON ledger_hold (expires_at, id) WHERE state = 'held';
CREATE INDEX ledger_hold_account ON ledger_hold (account, id);

-- By journal and account: what it moved there, and how much of that corrections and refunds have moved back. A journal
-- that nothing was given back of has no row.
CREATE TABLE ledger_returned (
    journal INTEGER NOT NULL,
    account INTEGER NOT NULL,
    total_fen INTEGER NOT NULL CHECK (total_fen > 0),
    returned_fen INTEGER NOT NULL CHECK (returned_fen BETWEEN 1 AND total_fen),
    PRIMARY KEY (journal, account)
) STRICT;
CREATE TABLE ledger_refund (
    journal INTEGER NOT NULL PRIMARY KEY, -- which gives back a part
    refunds INTEGER NOT NULL              -- of this one
) STRICT;
CREATE INDEX ledger_refund_of ON ledger_refund (refunds, journal);
CREATE TRIGGER ledger_refund_no_update BEFORE UPDATE ON ledger_refund BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER ledger_refund_no_delete BEFORE DELETE ON ledger_refund BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE INDEX ledger_posting_journal ON ledger_posting (journal);

-- Journals whose value day the caller chose. All others count for interest from their accounting day.
CREATE TABLE ledger_value_dated (
    account INTEGER NOT NULL,
    day INTEGER NOT NULL,           -- accounting day
    journal INTEGER NOT NULL,
    value_day INTEGER NOT NULL,
    amount_fen INTEGER NOT NULL,    -- what the journal moved on the account
    fen_days INTEGER NOT NULL,      -- amount times the days from the value day to the accounting day, actual days
    fen_days_360 INTEGER NOT NULL,  -- the same with months of 30 days
    PRIMARY KEY (account, day, journal)
) STRICT;
INSERT INTO ledger_returned (journal, account, total_fen, returned_fen)
    SELECT j.reverses, p.account, abs(sum(p.amount_fen)), abs(sum(p.amount_fen))
    FROM ledger_journal j JOIN ledger_posting p ON p.journal = j.id WHERE j.reverses <> 0
    GROUP BY j.reverses, p.account HAVING sum(p.amount_fen) <> 0;
