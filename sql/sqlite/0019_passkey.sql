-- Passkeys: keys that a customer's bound device made and releases by fingerprint or face; and the challenges that wait for an answer.
CREATE TABLE passkey (
    id INTEGER PRIMARY KEY,
    customer INTEGER NOT NULL,
    device INTEGER NOT NULL,         -- the device that it was made on, and that it works on
    credential BLOB NOT NULL,        -- the id that the authenticator gave it
    credential_digest BLOB NOT NULL UNIQUE, -- SM3 of it
    public_key BLOB NOT NULL,        -- ES256: x and y
    name BLOB NOT NULL,              -- sealed
    state TEXT NOT NULL,             -- on, off, removed
    reason TEXT NOT NULL,            -- why it is not on: wrong, cloned, removed, unbound …
    sign_count INTEGER NOT NULL,     -- the authenticator's counter, as seen last
    made_at INTEGER NOT NULL,
    used_at INTEGER NOT NULL,        -- 0: never
    ended_at INTEGER NOT NULL        -- 0: on
) STRICT;
CREATE INDEX passkey_customer ON passkey (customer, id) WHERE state <> 'removed';
CREATE INDEX passkey_device ON passkey (device, id);
CREATE TABLE passkey_challenge (
    login INTEGER NOT NULL,          -- the login session that asked, begun or finished
    purpose TEXT NOT NULL,           -- set, login, order
    nonce BLOB NOT NULL,
    bound BLOB NOT NULL,             -- what the answer is for: an order's digest, a channel
    made_at INTEGER NOT NULL,
    PRIMARY KEY (login, purpose, bound)
) STRICT;
CREATE INDEX passkey_challenge_made ON passkey_challenge (made_at);
