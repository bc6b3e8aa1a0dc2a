-- The first answer of a call with an idempotency id, kept 30 days.
CREATE TABLE api_idempotency (
    owner INTEGER NOT NULL,     -- customer
    id TEXT NOT NULL,
    api TEXT NOT NULL,
    digest BLOB NOT NULL,       -- SM3 of the decoded fields
    answer TEXT NOT NULL,       -- masked already: what the caller saw
    created_at INTEGER NOT NULL,
    PRIMARY KEY (owner, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX api_idempotency_age ON api_idempotency (created_at);
