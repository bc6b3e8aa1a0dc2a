-- Business parameters in force, the API switchboard, and requests that wait for a checker.
CREATE TABLE param_value (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;
CREATE TABLE api_switch (
    api TEXT PRIMARY KEY,
    closed INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;
CREATE TABLE approval_request (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,        -- waiting, approved, refused
    maker INTEGER NOT NULL,
    checker INTEGER NOT NULL,   -- 0: not decided
    payload TEXT NOT NULL,
    before_state TEXT NOT NULL,
    after_state TEXT NOT NULL,
    reason TEXT NOT NULL,
    comment TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    decided_at INTEGER NOT NULL,
    CHECK (maker <> checker)
) STRICT;
CREATE INDEX approval_request_state ON approval_request (state, id);
