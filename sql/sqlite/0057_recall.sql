-- Transfers to other banks that were asked back (camt.056): one recall an order; the money itself comes by a return of its own.
CREATE TABLE interbank_recall (
    id INTEGER NOT NULL PRIMARY KEY,   -- the recall's id at the house, too
    order_id INTEGER NOT NULL UNIQUE,
    amount_fen INTEGER NOT NULL,
    code TEXT NOT NULL,               -- why, an ISO 20022 code: DUPL, CUST, FRAD, TECH
    state TEXT NOT NULL,              -- ready, asked, waiting, agreed, refused
    answer TEXT NOT NULL,             -- the other bank's code; '': none
    tries INTEGER NOT NULL,
    due_at INTEGER NOT NULL,           -- ready: when it is sent (again), ms
    made_at INTEGER NOT NULL,          -- ms
    answered_at INTEGER NOT NULL       -- ms; 0: no definite answer
) STRICT;
CREATE INDEX interbank_recall_ready ON interbank_recall (due_at, id) WHERE state = 'ready';
