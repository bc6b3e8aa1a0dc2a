-- Codes by SMS. Phones, bindings and codes stand here as keyed digests alone.
CREATE TABLE sms_code (
    id INTEGER PRIMARY KEY,
    customer INTEGER NOT NULL,
    kind TEXT NOT NULL,         -- login (a stranger can ask for one), session
    phone BLOB NOT NULL,
    binding BLOB NOT NULL,      -- the login or order that the code is for
    event INTEGER NOT NULL,     -- GB/T 38556: the phone's counter
    digest BLOB NOT NULL,       -- emptied when the code is not live any more
    state TEXT NOT NULL,        -- live, used, wrong, replaced, expired
    tries INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    done_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX sms_code_live ON sms_code (binding) WHERE state = 'live';
CREATE INDEX sms_code_binding ON sms_code (binding, created_at);
CREATE INDEX sms_code_phone ON sms_code (phone, kind, created_at);
CREATE INDEX sms_code_age ON sms_code (created_at);
-- Who makes us send: a phone, a device, an address. The row is also the lock that lets limits be counted.
CREATE TABLE sms_sender (
    who BLOB PRIMARY KEY,
    events INTEGER NOT NULL,
    window_at INTEGER NOT NULL, -- when the hour that is counted began
    taken INTEGER NOT NULL,
    last_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sms_sender_age ON sms_sender (last_at);
