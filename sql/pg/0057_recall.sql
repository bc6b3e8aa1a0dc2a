-- Transfers to other banks that were asked back (camt.056): one recall an order; the money itself comes by a return of its own.
CREATE TABLE interbank_recall (
    id BIGINT NOT NULL PRIMARY KEY,   -- the recall's id at the house, too
    order_id BIGINT NOT NULL UNIQUE,
    amount_fen BIGINT NOT NULL,
    code TEXT NOT NULL,               -- why, an ISO 20022 code: DUPL, CUST, FRAD, TECH
    state TEXT NOT NULL,              -- ready, asked, waiting, agreed, refused
    answer TEXT NOT NULL,             -- the other bank's code; '': none
    tries BIGINT NOT NULL,
    due_at BIGINT NOT NULL,           -- ready: when it is sent (again), ms
    made_at BIGINT NOT NULL,          -- ms
    answered_at BIGINT NOT NULL       -- ms; 0: no definite answer
);
CREATE INDEX interbank_recall_ready ON interbank_recall (due_at, id) WHERE state = 'ready';
