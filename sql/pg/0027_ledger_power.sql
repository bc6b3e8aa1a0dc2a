-- Holds as rows, what was given back of a journal, and value days that a caller chose.
CREATE TABLE ledger_hold (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id > 0),
    account BIGINT NOT NULL,
    order_id BIGINT NOT NULL,      -- 0: none
    amount_fen BIGINT NOT NULL CHECK (amount_fen > 0),
    made_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('held', 'captured', 'released', 'expired')),
    captured_fen BIGINT NOT NULL CHECK (captured_fen BETWEEN 0 AND amount_fen),
    journal BIGINT NOT NULL,       -- which captured it; 0: none
    ended_at BIGINT NOT NULL       -- 0: still held
);
CREATE INDEX ledger_hold_ending ON ledger_hold (expires_at, id) WHERE state = 'held';
CREATE INDEX ledger_hold_account ON ledger_hold (account, id);

-- By journal and account: what it moved there, and how much of that corrections and refunds have moved back. A journal
-- that nothing was given back of has no row.
CREATE TABLE ledger_returned (
    journal BIGINT NOT NULL,
    account BIGINT NOT NULL,
    total_fen BIGINT NOT NULL CHECK (total_fen > 0),
    returned_fen BIGINT NOT NULL CHECK (returned_fen BETWEEN 1 AND total_fen),
    PRIMARY KEY (journal, account)
);
CREATE TABLE ledger_refund (
    journal BIGINT NOT NULL PRIMARY KEY, -- which gives back a part
    refunds BIGINT NOT NULL              -- of this one
);
CREATE INDEX ledger_refund_of ON ledger_refund (refunds, journal);
CREATE TRIGGER ledger_refund_append_only BEFORE UPDATE OR DELETE ON ledger_refund
    FOR EACH ROW EXECUTE FUNCTION zy_append_only();
CREATE TRIGGER ledger_refund_no_truncate BEFORE TRUNCATE ON ledger_refund
    FOR EACH STATEMENT EXECUTE FUNCTION zy_append_only();
-- Journals' ids ascend nearly as the rows do: the legs of one are found in a few blocks, at next to no cost for a posting.
CREATE INDEX ledger_posting_journal ON ledger_posting USING brin (journal) WITH (pages_per_range = 16, autosummarize = on);

-- Journals whose value day the caller chose. All others count for interest from their accounting day.
CREATE TABLE ledger_value_dated (
    account BIGINT NOT NULL,
    day BIGINT NOT NULL,           -- accounting day
    journal BIGINT NOT NULL,
    value_day BIGINT NOT NULL,
    amount_fen BIGINT NOT NULL,    -- what the journal moved on the account
    fen_days BIGINT NOT NULL,      -- amount times the days from the value day to the accounting day, actual days
    fen_days_360 BIGINT NOT NULL,  -- the same with months of 30 days
    PRIMARY KEY (account, day, journal)
);
INSERT INTO ledger_returned (journal, account, total_fen, returned_fen)
    SELECT j.reverses, p.account, abs(sum(p.amount_fen)), abs(sum(p.amount_fen))
    FROM ledger_journal j JOIN ledger_posting p ON p.journal = j.id WHERE j.reverses <> 0
    GROUP BY j.reverses, p.account HAVING sum(p.amount_fen) <> 0;
