-- Documents that were made for customers: what a verification code tells, and for a day the document itself.
CREATE TABLE document (
    id BIGINT NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,   -- 16 random characters, printed on it
    customer BIGINT NOT NULL,
    kind TEXT NOT NULL,
    format TEXT NOT NULL CHECK (format IN ('pdf', 'csv')),
    facts TEXT NOT NULL,         -- JSON, masked: all that a stranger with the code hears
    digest BYTEA NOT NULL,        -- SM3 of the file
    bytes BIGINT NOT NULL,
    chunks BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    audit_id BIGINT NOT NULL
);
CREATE TABLE document_chunk (
    document BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    content BYTEA NOT NULL,       -- sealed
    made_at BIGINT NOT NULL,
    PRIMARY KEY (document, seq)
);
CREATE INDEX document_chunk_made ON document_chunk (made_at);
