-- Passkeys: keys that a customer's bound device made and releases by fingerprint or face; and the challenges that wait for an answer.
CREATE TABLE passkey (
    id BIGINT PRIMARY KEY,
    customer BIGINT NOT NULL,
    device BIGINT NOT NULL,         -- the device that it was made on, and that it works on
    credential BYTEA NOT NULL,        -- the id that the authenticator gave it
    credential_digest BYTEA NOT NULL UNIQUE, -- SM3 of it
    public_key BYTEA NOT NULL,        -- ES256: x and y
    name BYTEA NOT NULL,              -- sealed
    state TEXT NOT NULL,             -- on, off, removed
    reason TEXT NOT NULL,            -- why it is not on: wrong, cloned, removed, unbound …
    sign_count BIGINT NOT NULL,     -- the authenticator's counter, as seen last
    made_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL,        -- 0: never
    ended_at BIGINT NOT NULL        -- 0: on
);
CREATE INDEX passkey_customer ON passkey (customer, id) WHERE state <> 'removed';
CREATE INDEX passkey_device ON passkey (device, id);
CREATE TABLE passkey_challenge (
    login BIGINT NOT NULL,          -- the login session that asked, begun or finished
    purpose TEXT NOT NULL,           -- set, login, order
    nonce BYTEA NOT NULL,
    bound BYTEA NOT NULL,             -- what the answer is for: an order's digest, a channel
    made_at BIGINT NOT NULL,
    PRIMARY KEY (login, purpose, bound)
);
CREATE INDEX passkey_challenge_made ON passkey_challenge (made_at);
