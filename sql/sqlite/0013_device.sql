-- Devices that are bound, gestures, what a login was made with and on, and personal data shown whole for a moment.
ALTER TABLE device ADD COLUMN bound_at INTEGER NOT NULL DEFAULT 0; -- 0: not bound; states: new, bound, lost
CREATE UNIQUE INDEX device_bound ON device (device_id) WHERE state = 'bound'; -- a device is bound to one customer at most
CREATE TABLE device_gesture (
    device INTEGER PRIMARY KEY,
    record BLOB NOT NULL,       -- password record
    wrong INTEGER NOT NULL,       -- wrong tries in a row; at the limit it is off
    set_at INTEGER NOT NULL
) STRICT;
ALTER TABLE login_session ADD COLUMN factors_needed INTEGER NOT NULL DEFAULT 2; -- bits of service/factor/factor.h; 2: code by SMS
ALTER TABLE login_session ADD COLUMN factors_done INTEGER NOT NULL DEFAULT 0;
ALTER TABLE login_session ADD COLUMN environment INTEGER NOT NULL DEFAULT 0;   -- bits of what the client reported of its device
ALTER TABLE login_session ADD COLUMN address TEXT NOT NULL DEFAULT '';        -- masked
ALTER TABLE login_session ADD COLUMN background_at INTEGER NOT NULL DEFAULT 0; -- the client is in the background since
CREATE TABLE data_reveal (
    order_id INTEGER PRIMARY KEY,
    customer INTEGER NOT NULL,
    login INTEGER NOT NULL,
    what TEXT NOT NULL,          -- card_number, id_no, phone
    account INTEGER NOT NULL,     -- 0: of the customer himself
    allowed_at INTEGER NOT NULL,
    taken_at INTEGER NOT NULL     -- 0: not yet
) STRICT;
CREATE INDEX data_reveal_allowed ON data_reveal (allowed_at);
