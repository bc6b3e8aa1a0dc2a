-- The day-end: interest, the bank's own sums, the trial balance; a row of progress, so that it goes on where it stopped.

-- The last posting of the day that ended: postings of different days never mix in the order of their ids.
ALTER TABLE ledger_cut_off ADD COLUMN last_posting BIGINT NOT NULL DEFAULT 0;
UPDATE ledger_cut_off SET last_posting = coalesce((SELECT max(p.id) FROM ledger_posting p WHERE p.day <= ledger_cut_off.day), 0);

CREATE TABLE ledger_day_end (
    day BIGINT NOT NULL PRIMARY KEY,
    stage TEXT NOT NULL CHECK (stage IN ('accrue', 'book', 'settle', 'trial', 'done')),
    after BIGINT NOT NULL,        -- what this stage has done: the last account, or posting
    accounts BIGINT NOT NULL,     -- looked at
    accrued_fen BIGINT NOT NULL,  -- interest that the bank owes at the end of the day
    paid_count BIGINT NOT NULL,
    paid_fen BIGINT NOT NULL,     -- interest paid by this day's settlement
    started_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL      -- 0: not done
);

-- Which subjects bear interest, and how days are counted: a rule never changes while products of it are kept.
CREATE TABLE ledger_interest_rule (
    subject TEXT NOT NULL PRIMARY KEY,
    basis TEXT NOT NULL CHECK (basis IN ('ACT/360', 'ACT/365', '30/360'))
);
CREATE TABLE ledger_rate (
    subject TEXT NOT NULL,
    from_day BIGINT NOT NULL,     -- in force from this day on
    rate_e8 BIGINT NOT NULL CHECK (rate_e8 BETWEEN 0 AND 100000000), -- a year, in units of 10^-8
    PRIMARY KEY (subject, from_day)
);
-- 积数: the sum of the balances at the ends of the days since the last settlement, each weighted with its days.
CREATE TABLE ledger_interest (
    account BIGINT NOT NULL PRIMARY KEY,
    subject TEXT NOT NULL,
    through BIGINT NOT NULL,      -- the last day in it
    fen_days BIGINT NOT NULL
) WITH (fillfactor = 50); -- changed each day
CREATE TABLE ledger_interest_paid (
    account BIGINT NOT NULL,
    day BIGINT NOT NULL,          -- the last day that it pays for
    journal BIGINT NOT NULL,
    fen_days BIGINT NOT NULL,
    rate_e8 BIGINT NOT NULL,
    paid_fen BIGINT NOT NULL CHECK (paid_fen > 0),
    PRIMARY KEY (account, day)
);
CREATE TABLE ledger_interest_book (
    one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    payable_fen BIGINT NOT NULL   -- what stands on the bank's account for interest payable
);

CREATE TABLE ledger_trial (
    day BIGINT NOT NULL,
    branch TEXT NOT NULL,
    subject TEXT NOT NULL,
    internal BIGINT NOT NULL CHECK (internal IN (0, 1)),
    debit_fen BIGINT NOT NULL,    -- the day's, as sums below and above zero
    credit_fen BIGINT NOT NULL,
    balance_fen BIGINT NOT NULL,  -- at the end of the day
    PRIMARY KEY (day, branch, subject, internal)
);

INSERT INTO ledger_interest_rule (subject, basis) VALUES ('2011', 'ACT/360');
INSERT INTO ledger_interest_book (one, payable_fen) VALUES (1, 0);
INSERT INTO ledger_account (id, currency, subject, branch, internal, opened_at)
    SELECT 5, 'CNY', '5211', '0001', 1, d.changed_at FROM ledger_day d
    UNION ALL SELECT 6, 'CNY', '2231', '0001', 1, d.changed_at FROM ledger_day d;
