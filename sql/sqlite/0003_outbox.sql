-- Messages to the outside, and the customers' message centre.
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY,
    channel TEXT NOT NULL,      -- "sms"
    purpose TEXT NOT NULL,      -- "login", "order", "notice"
    payload BLOB NOT NULL,      -- sealed; emptied when done
    state TEXT NOT NULL,        -- waiting, sent, expired, dead
    tries INTEGER NOT NULL,
    due_at INTEGER NOT NULL,    -- next try; a claim moves it on, so that a crashed node's rows come back
    expires_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    done_at INTEGER NOT NULL,
    last_error TEXT NOT NULL
) STRICT;
CREATE INDEX outbox_due ON outbox (due_at) WHERE state = 'waiting';
CREATE TABLE message (
    id INTEGER PRIMARY KEY,
    customer INTEGER NOT NULL,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    content BLOB NOT NULL,      -- sealed: title and text
    read_at INTEGER NOT NULL    -- 0: unread
) STRICT;
CREATE INDEX message_of_customer ON message (customer, id);
