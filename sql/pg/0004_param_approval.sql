-- Business parameters in force, the API switchboard, and requests that wait for a checker.
CREATE TABLE param_value (
    name TEXT PRIMARY KEY,
    value BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);
CREATE TABLE api_switch (
    api TEXT PRIMARY KEY,
    closed BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);
CREATE TABLE approval_request (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,        -- waiting, approved, refused
    maker BIGINT NOT NULL,
    checker BIGINT NOT NULL,   -- 0: not decided
    payload TEXT NOT NULL,
    before_state TEXT NOT NULL,
    after_state TEXT NOT NULL,
    reason TEXT NOT NULL,
    comment TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    decided_at BIGINT NOT NULL,
    CHECK (maker <> checker)
);
CREATE INDEX approval_request_state ON approval_request (state, id);
