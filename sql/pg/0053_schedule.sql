-- Transfers that a customer has arranged beforehand: on a date, or by a rule.
CREATE TABLE schedule (
    id BIGINT NOT NULL PRIMARY KEY,    -- the order that arranged it, its mandate
    customer BIGINT NOT NULL,
    state TEXT NOT NULL,           -- active, ended, stopped
    every TEXT NOT NULL,           -- once, days, week, month
    step BIGINT NOT NULL,          -- every so many days, weeks or months
    on_day BIGINT NOT NULL,        -- week: 1 Monday to 7; month: its day; else 0
    first_day BIGINT NOT NULL,
    last_day BIGINT NOT NULL,      -- 0: none
    runs_max BIGINT NOT NULL,      -- 0: none
    short_rule TEXT NOT NULL,      -- when money is short: skip, retry, stop
    retry_days BIGINT NOT NULL,
    seq BIGINT NOT NULL,           -- of the next run, from 1
    due_day BIGINT NOT NULL,       -- of the next run
    try_day BIGINT NOT NULL,       -- when it is tried next: the due day or behind it
    misses BIGINT NOT NULL,        -- in a row
    amount_fen BIGINT NOT NULL,
    content BYTEA NOT NULL,        -- sealed: payer's account, payee, memo
    created_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL
);
CREATE INDEX schedule_due ON schedule (try_day, id) WHERE state = 'active';
CREATE INDEX schedule_customer ON schedule (customer, id);
CREATE TABLE schedule_run (
    schedule BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    due_day BIGINT NOT NULL,
    at BIGINT NOT NULL,
    order_id BIGINT NOT NULL,      -- 0: none
    result TEXT NOT NULL,          -- name of a status; SKIPPED: the customer left this one out; LATE: the bank did not run in time
    PRIMARY KEY (schedule, seq)
);
CREATE INDEX schedule_run_due ON schedule_run (schedule, due_day);
