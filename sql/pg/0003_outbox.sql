-- Messages to the outside, and the customers' message centre.
CREATE TABLE outbox (
    id BIGINT PRIMARY KEY,
    channel TEXT NOT NULL,      -- "sms"
    purpose TEXT NOT NULL,      -- "login", "order", "notice"
    payload BYTEA NOT NULL,      -- sealed; emptied when done
    state TEXT NOT NULL,        -- waiting, sent, expired, dead
    tries BIGINT NOT NULL,
    due_at BIGINT NOT NULL,    -- next try; a claim moves it on, so that a crashed node's rows come back
    expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    done_at BIGINT NOT NULL,
    last_error TEXT NOT NULL
);
CREATE INDEX outbox_due ON outbox (due_at) WHERE state = 'waiting';
CREATE TABLE message (
    id BIGINT PRIMARY KEY,
    customer BIGINT NOT NULL,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    content BYTEA NOT NULL,      -- sealed: title and text
    read_at BIGINT NOT NULL    -- 0: unread
);
CREATE INDEX message_of_customer ON message (customer, id);
