-- Certificates of customers' keys. A certificate is public: nothing of this is sealed.
CREATE TABLE cert_authority (
    id BIGINT PRIMARY KEY,
    cas BYTEA NOT NULL,              -- certificates of the authority (DER), the root first
    created_at BIGINT NOT NULL
);
CREATE TABLE cert_list (
    authority BIGINT PRIMARY KEY,
    body BYTEA NOT NULL,             -- the revocation list in force (DER)
    number BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    next_at BIGINT NOT NULL
);
CREATE TABLE certificate (
    id BIGINT PRIMARY KEY,
    customer BIGINT NOT NULL,
    kind TEXT NOT NULL,             -- soft_key, bluetooth_key, phone_shield
    state TEXT NOT NULL,            -- granted, valid, frozen, revoked
    device TEXT NOT NULL,           -- soft_key: the device that made the key; "" otherwise
    authority BIGINT NOT NULL,     -- 0 until it is issued
    serial TEXT NOT NULL,           -- "" until it is issued
    key_digest BYTEA NOT NULL UNIQUE, -- SM3 of the public key: a key is certified once
    request BYTEA NOT NULL,          -- PKCS#10
    body BYTEA NOT NULL,             -- X.509; empty until it is issued
    not_before BIGINT NOT NULL,
    not_after BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    issued_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    reason TEXT NOT NULL,           -- why it ended
    reminded BIGINT NOT NULL,
    told BIGINT NOT NULL           -- the authority knows that it was revoked
);
CREATE UNIQUE INDEX certificate_granted ON certificate (customer, kind) WHERE state = 'granted';
CREATE UNIQUE INDEX certificate_in_use ON certificate (customer, kind) WHERE state IN ('valid', 'frozen');
CREATE UNIQUE INDEX certificate_serial ON certificate (authority, serial) WHERE authority <> 0;
CREATE INDEX certificate_customer ON certificate (customer, id);
CREATE INDEX certificate_state ON certificate (state, id);
CREATE INDEX certificate_list ON certificate (authority, ended_at) WHERE state = 'revoked';
CREATE INDEX certificate_untold ON certificate (id) WHERE state = 'revoked' AND told = 0 AND authority <> 0;
CREATE INDEX certificate_ending ON certificate (not_after) WHERE state = 'valid' AND reminded = 0;
