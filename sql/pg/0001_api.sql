-- The first answer of a call with an idempotency id, kept 30 days.
CREATE TABLE api_idempotency (
    owner BIGINT NOT NULL,     -- customer
    id TEXT COLLATE "C" NOT NULL,
    api TEXT NOT NULL,
    digest BYTEA NOT NULL,       -- SM3 of the decoded fields
    answer TEXT NOT NULL,       -- masked already: what the caller saw
    created_at BIGINT NOT NULL,
    PRIMARY KEY (owner, id)
);
CREATE INDEX api_idempotency_age ON api_idempotency (created_at);
