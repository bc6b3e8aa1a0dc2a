-- Server-side face recognition: who agreed to it, and what a provider said. No picture, no template; apart from identity data.
CREATE TABLE face_enrolment (
    customer INTEGER PRIMARY KEY,
    state TEXT NOT NULL,            -- consented, enrolled
    consent_version TEXT NOT NULL,
    consent_order INTEGER NOT NULL, -- the order in which the customer agreed
    reference BLOB NOT NULL,        -- sealed: under what the provider knows him; empty until enrolled
    consented_at INTEGER NOT NULL,
    enrolled_at INTEGER NOT NULL    -- 0: not yet
) STRICT;
-- One row a comparison.
CREATE TABLE face_check (
    id INTEGER PRIMARY KEY,
    customer INTEGER NOT NULL,
    purpose TEXT NOT NULL,          -- enrol, order
    object INTEGER NOT NULL,        -- the order; 0: none
    number TEXT NOT NULL,           -- the provider's own of the comparison
    verdict TEXT NOT NULL,          -- right, wrong
    match INTEGER NOT NULL,
    live INTEGER NOT NULL,
    score INTEGER NOT NULL,
    actions TEXT NOT NULL,          -- the challenge
    frames BLOB NOT NULL,           -- keyed digest of the pictures
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX face_check_customer ON face_check (customer, id);
CREATE INDEX face_check_age ON face_check (at);
-- References that the provider is still to be told to delete.
CREATE TABLE face_forget (
    id INTEGER PRIMARY KEY,
    reference BLOB NOT NULL,        -- sealed
    due_at INTEGER NOT NULL,
    tries INTEGER NOT NULL
) STRICT;
CREATE INDEX face_forget_due ON face_forget (due_at, id);
