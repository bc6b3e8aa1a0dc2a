-- Transfers to and from other banks: what goes to the clearing house, what came from it, and where its books differ from ours.
INSERT INTO ledger_account (id, currency, subject, branch, internal, opened_at)
    SELECT 7, currency, '3002', branch, 1, opened_at FROM ledger_account WHERE id = 3;
CREATE TABLE interbank_out (
    order_id BIGINT NOT NULL PRIMARY KEY, -- its text is the message's id
    state TEXT NOT NULL,           -- ready: to be sent; asked: sent, no final answer; settled; rejected; returned
    way TEXT NOT NULL,             -- "instant", "large", "batch"
    to_bank TEXT NOT NULL,
    amount_fen BIGINT NOT NULL CHECK (amount_fen > 0),
    journal_id BIGINT NOT NULL,    -- the debit
    sent_at BIGINT NOT NULL,       -- the last time that it was sent; 0: never
    due_at BIGINT NOT NULL,        -- when it is sent or asked about next
    tries BIGINT NOT NULL,
    reason TEXT NOT NULL,
    filed_day BIGINT NOT NULL      -- of the last day's file that had it; 0: none
);
CREATE INDEX interbank_out_due ON interbank_out (due_at) WHERE state IN ('ready', 'asked');
CREATE INDEX interbank_out_sent ON interbank_out (sent_at, order_id);
CREATE TABLE interbank_in (
    message_id TEXT NOT NULL PRIMARY KEY, -- the house's
    number BIGINT NOT NULL,        -- of the mailbox
    kind TEXT NOT NULL,            -- credit, return
    state TEXT NOT NULL,           -- taken, refused, open: somebody has to decide
    order_id BIGINT NOT NULL,      -- return: our order; credit: 0
    account BIGINT NOT NULL,       -- whose; 0: nobody's here
    amount_fen BIGINT NOT NULL CHECK (amount_fen > 0),
    from_bank TEXT NOT NULL,
    day BIGINT NOT NULL,
    reason TEXT NOT NULL,
    answered BIGINT NOT NULL,      -- credit: 1 when the house has our answer; return: 1
    at BIGINT NOT NULL,
    filed_day BIGINT NOT NULL
);
CREATE INDEX interbank_in_unanswered ON interbank_in (number) WHERE answered = 0;
CREATE INDEX interbank_in_day ON interbank_in (day, message_id);
CREATE TABLE interbank_mailbox (
    name TEXT NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL         -- the last message that was taken up
);
INSERT INTO interbank_mailbox (name, number) VALUES ('house', 0);
CREATE TABLE interbank_day (
    day BIGINT NOT NULL PRIMARY KEY,
    lines BIGINT NOT NULL,
    cases BIGINT NOT NULL,
    at BIGINT NOT NULL
);
CREATE TABLE interbank_case (
    id BIGINT NOT NULL PRIMARY KEY,
    day BIGINT NOT NULL,
    message_id TEXT NOT NULL,
    difference TEXT NOT NULL,      -- unknown_here, missing_there, amount, outcome, unplaced, unreadable
    our_fen BIGINT NOT NULL,
    their_fen BIGINT NOT NULL,
    our_state TEXT NOT NULL,
    their_state TEXT NOT NULL,
    state TEXT NOT NULL,           -- open, closed
    note TEXT NOT NULL,
    opened_at BIGINT NOT NULL,
    closed_at BIGINT NOT NULL,
    closed_by BIGINT NOT NULL
);
CREATE UNIQUE INDEX interbank_case_once ON interbank_case (day, message_id, difference);
CREATE INDEX interbank_case_state ON interbank_case (state, id);
