-- Transfers that a customer has arranged beforehand: on a date, or by a rule.
CREATE TABLE schedule (
    id INTEGER NOT NULL PRIMARY KEY,    -- the order that arranged it, its mandate
    customer INTEGER NOT NULL,
    state TEXT NOT NULL,           -- active, ended, stopped
    every TEXT NOT NULL,           -- once, days, week, month
    step INTEGER NOT NULL,          -- every so many days, weeks or months
    on_day INTEGER NOT NULL,        -- week: 1 Monday to 7; month: its day; else 0
    first_day INTEGER NOT NULL,
    last_day INTEGER NOT NULL,      -- 0: none
    runs_max INTEGER NOT NULL,      -- 0: none
    short_rule TEXT NOT NULL,      -- when money is short: skip, retry, stop
    retry_days INTEGER NOT NULL,
    seq INTEGER NOT NULL,           -- of the next run, from 1
    due_day INTEGER NOT NULL,       -- of the next run
    try_day INTEGER NOT NULL,       -- when it is tried next: the due day or behind it
    misses INTEGER NOT NULL,        -- in a row
    amount_fen INTEGER NOT NULL,
    content BLOB NOT NULL,        -- sealed: payer's account, payee, memo
    created_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL
) STRICT;
CREATE INDEX schedule_due ON schedule (try_day, id) WHERE state = 'active';
CREATE INDEX schedule_customer ON schedule (customer, id);
CREATE TABLE schedule_run (
    schedule INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    due_day INTEGER NOT NULL,
    at INTEGER NOT NULL,
    order_id INTEGER NOT NULL,      -- 0: none
    result TEXT NOT NULL,          -- name of a status; SKIPPED: the customer left this one out; LATE: the bank did not run in time
    PRIMARY KEY (schedule, seq)
) STRICT;
CREATE INDEX schedule_run_due ON schedule_run (schedule, due_day);
