-- The day-end: interest, the bank's own sums, the trial balance; a row of progress, so that it goes on where it stopped.

-- The last posting of the day that ended: postings of different days never mix in the order of their ids.
ALTER TABLE ledger_cut_off ADD COLUMN last_posting INTEGER NOT NULL DEFAULT 0;
UPDATE ledger_cut_off SET last_posting = coalesce((SELECT max(p.id) FROM ledger_posting p WHERE p.day <= ledger_cut_off.day), 0);

CREATE TABLE ledger_day_end (
    day INTEGER NOT NULL PRIMARY KEY,
    stage TEXT NOT NULL CHECK (stage IN ('accrue', 'book', 'settle', 'trial', 'done')),
    after INTEGER NOT NULL,        -- what this stage has done: the last account, or posting
    accounts INTEGER NOT NULL,     -- looked at
    accrued_fen INTEGER NOT NULL,  -- interest that the bank owes at the end of the day
    paid_count INTEGER NOT NULL,
    paid_fen INTEGER NOT NULL,     -- interest paid by this day's settlement
    started_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL      -- 0: not done
) STRICT;

-- Which subjects bear interest, and how days are counted: a rule never changes while products of it are kept.
CREATE TABLE ledger_interest_rule (
    subject TEXT NOT NULL PRIMARY KEY,
    basis TEXT NOT NULL CHECK (basis IN ('ACT/360', 'ACT/365', '30/360'))
) STRICT;
CREATE TABLE ledger_rate (
    subject TEXT NOT NULL,
    from_day INTEGER NOT NULL,     -- in force from this day on
    rate_e8 INTEGER NOT NULL CHECK (rate_e8 BETWEEN 0 AND 100000000), -- a year, in units of 10^-8
    PRIMARY KEY (subject, from_day)
) STRICT;
-- 积数: the sum of the balances at the ends of the days since the last settlement, each weighted with its days.
CREATE TABLE ledger_interest (
    account INTEGER NOT NULL PRIMARY KEY,
    subject TEXT NOT NULL,
    through INTEGER NOT NULL,      -- the last day in it
    fen_days INTEGER NOT NULL
) STRICT;
CREATE TABLE ledger_interest_paid (
    account INTEGER NOT NULL,
    day INTEGER NOT NULL,          -- the last day that it pays for
    journal INTEGER NOT NULL,
    fen_days INTEGER NOT NULL,
    rate_e8 INTEGER NOT NULL,
    paid_fen INTEGER NOT NULL CHECK (paid_fen > 0),
    PRIMARY KEY (account, day)
) STRICT;
CREATE TABLE ledger_interest_book (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    payable_fen INTEGER NOT NULL   -- what stands on the bank's account for interest payable
) STRICT;

CREATE TABLE ledger_trial (
    day INTEGER NOT NULL,
    branch TEXT NOT NULL,
    subject TEXT NOT NULL,
    internal INTEGER NOT NULL CHECK (internal IN (0, 1)),
    debit_fen INTEGER NOT NULL,    -- the day's, as sums below and above zero
    credit_fen INTEGER NOT NULL,
    balance_fen INTEGER NOT NULL,  -- at the end of the day
    PRIMARY KEY (day, branch, subject, internal)
) STRICT;

INSERT INTO ledger_interest_rule (subject, basis) VALUES ('2011', 'ACT/360');
INSERT INTO ledger_interest_book (one, payable_fen) VALUES (1, 0);
INSERT INTO ledger_account (id, currency, subject, branch, internal, opened_at)
    SELECT 5, 'CNY', '5211', '0001', 1, d.changed_at FROM ledger_day d
    UNION ALL SELECT 6, 'CNY', '2231', '0001', 1, d.changed_at FROM ledger_day d;
