-- Certificates of customers' keys. A certificate is public: nothing of this is sealed.
CREATE TABLE cert_authority (
    id INTEGER PRIMARY KEY,
    cas BLOB NOT NULL,              -- certificates of the authority (DER), the root first
    created_at INTEGER NOT NULL
) STRICT;
CREATE TABLE cert_list (
    authority INTEGER PRIMARY KEY,
    body BLOB NOT NULL,             -- the revocation list in force (DER)
    number INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    next_at INTEGER NOT NULL
) STRICT;
CREATE TABLE certificate (
    id INTEGER PRIMARY KEY,
    customer INTEGER NOT NULL,
    kind TEXT NOT NULL,             -- soft_key, bluetooth_key, phone_shield
    state TEXT NOT NULL,            -- granted, valid, frozen, revoked
    device TEXT NOT NULL,           -- soft_key: the device that made the key; "" otherwise
    authority INTEGER NOT NULL,     -- 0 until it is issued
    serial TEXT NOT NULL,           -- "" until it is issued
    key_digest BLOB NOT NULL UNIQUE, -- SM3 of the public key: a key is certified once
    request BLOB NOT NULL,          -- PKCS#10
    body BLOB NOT NULL,             -- X.509; empty until it is issued
    not_before INTEGER NOT NULL,
    not_after INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    issued_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    reason TEXT NOT NULL,           -- why it ended
    reminded INTEGER NOT NULL,
    told INTEGER NOT NULL           -- the authority knows that it was revoked
) STRICT;
CREATE UNIQUE INDEX certificate_granted ON certificate (customer, kind) WHERE state = 'granted';
CREATE UNIQUE INDEX certificate_in_use ON certificate (customer, kind) WHERE state IN ('valid', 'frozen');
CREATE UNIQUE INDEX certificate_serial ON certificate (authority, serial) WHERE authority <> 0;
CREATE INDEX certificate_customer ON certificate (customer, id);
CREATE INDEX certificate_state ON certificate (state, id);
CREATE INDEX certificate_list ON certificate (authority, ended_at) WHERE state = 'revoked';
CREATE INDEX certificate_untold ON certificate (id) WHERE state = 'revoked' AND told = 0 AND authority <> 0;
CREATE INDEX certificate_ending ON certificate (not_after) WHERE state = 'valid' AND reminded = 0;
