-- Server-side face recognition: who agreed to it, and what a provider said. No picture, no template; apart from identity data.
CREATE TABLE face_enrolment (
    customer BIGINT PRIMARY KEY,
    state TEXT NOT NULL,            -- consented, enrolled
    consent_version TEXT NOT NULL,
    consent_order BIGINT NOT NULL, -- the order in which the customer agreed
    reference BYTEA NOT NULL,        -- sealed: under what the provider knows him; empty until enrolled
    consented_at BIGINT NOT NULL,
    enrolled_at BIGINT NOT NULL    -- 0: not yet
);
-- One row a comparison.
CREATE TABLE face_check (
    id BIGINT PRIMARY KEY,
    customer BIGINT NOT NULL,
    purpose TEXT NOT NULL,          -- enrol, order
    object BIGINT NOT NULL,        -- the order; 0: none
    number TEXT NOT NULL,           -- the provider's own of the comparison
    verdict TEXT NOT NULL,          -- right, wrong
    match BIGINT NOT NULL,
    live BIGINT NOT NULL,
    score BIGINT NOT NULL,
    actions TEXT NOT NULL,          -- the challenge
    frames BYTEA NOT NULL,           -- keyed digest of the pictures
    at BIGINT NOT NULL
);
CREATE INDEX face_check_customer ON face_check (customer, id);
CREATE INDEX face_check_age ON face_check (at);
-- References that the provider is still to be told to delete.
CREATE TABLE face_forget (
    id BIGINT PRIMARY KEY,
    reference BYTEA NOT NULL,        -- sealed
    due_at BIGINT NOT NULL,
    tries BIGINT NOT NULL
);
CREATE INDEX face_forget_due ON face_forget (due_at, id);
