-- Transfers to and from other banks: what goes to the clearing house, what came from it, and where its books differ from ours.
INSERT INTO ledger_account (id, currency, subject, branch, internal, opened_at)
    SELECT 7, currency, '3002', branch, 1, opened_at FROM ledger_account WHERE id = 3;
CREATE TABLE interbank_out (
    order_id INTEGER NOT NULL PRIMARY KEY, -- its text is the message's id
    state TEXT NOT NULL,           -- ready: to be sent; asked: sent, no final answer; settled; rejected; returned
    way TEXT NOT NULL,             -- "instant", "large", "batch"
    to_bank TEXT NOT NULL,
    amount_fen INTEGER NOT NULL CHECK (amount_fen > 0),
    journal_id INTEGER NOT NULL,    -- the debit
    sent_at INTEGER NOT NULL,       -- the last time that it was sent; 0: never
    due_at INTEGER NOT NULL,        -- when it is sent or asked about next
    tries INTEGER NOT NULL,
    reason TEXT NOT NULL,
    filed_day INTEGER NOT NULL      -- of the last day's file that had it; 0: none
) STRICT;
CREATE INDEX interbank_out_due ON interbank_out (due_at) WHERE state IN ('ready', 'asked');
CREATE INDEX interbank_out_sent ON interbank_out (sent_at, order_id);
CREATE TABLE interbank_in (
    message_id TEXT NOT NULL PRIMARY KEY, -- the house's
    number INTEGER NOT NULL,        -- of the mailbox
    kind TEXT NOT NULL,            -- credit, return
    state TEXT NOT NULL,           -- taken, refused, open: somebody has to decide
    order_id INTEGER NOT NULL,      -- return: our order; credit: 0
    account INTEGER NOT NULL,       -- whose; 0: nobody's here
    amount_fen INTEGER NOT NULL CHECK (amount_fen > 0),
    from_bank TEXT NOT NULL,
    day INTEGER NOT NULL,
    reason TEXT NOT NULL,
    answered INTEGER NOT NULL,      -- credit: 1 when the house has our answer; return: 1
    at INTEGER NOT NULL,
    filed_day INTEGER NOT NULL
) STRICT;
CREATE INDEX interbank_in_unanswered ON interbank_in (number) WHERE answered = 0;
CREATE INDEX interbank_in_day ON interbank_in (day, message_id);
CREATE TABLE interbank_mailbox (
    name TEXT NOT NULL PRIMARY KEY,
    number INTEGER NOT NULL         -- the last message that was taken up
) STRICT, WITHOUT ROWID;
INSERT INTO interbank_mailbox (name, number) VALUES ('house', 0);
CREATE TABLE interbank_day (
    day INTEGER NOT NULL PRIMARY KEY,
    lines INTEGER NOT NULL,
    cases INTEGER NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE TABLE interbank_case (
    id INTEGER NOT NULL PRIMARY KEY,
    day INTEGER NOT NULL,
    message_id TEXT NOT NULL,
    difference TEXT NOT NULL,      -- unknown_here, missing_there, amount, outcome, unplaced, unreadable
    our_fen INTEGER NOT NULL,
    their_fen INTEGER NOT NULL,
    our_state TEXT NOT NULL,
    their_state TEXT NOT NULL,
    state TEXT NOT NULL,           -- open, closed
    note TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    closed_at INTEGER NOT NULL,
    closed_by INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX interbank_case_once ON interbank_case (day, message_id, difference);
CREATE INDEX interbank_case_state ON interbank_case (state, id);
