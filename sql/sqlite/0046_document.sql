-- Documents that were made for customers: what a verification code tells, and for a day the document itself.
CREATE TABLE document (
    id INTEGER NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,   -- 16 random characters, printed on it
    customer INTEGER NOT NULL,
    kind TEXT NOT NULL,
    format TEXT NOT NULL CHECK (format IN ('pdf', 'csv')),
    facts TEXT NOT NULL,         -- JSON, masked: all that a stranger with the code hears
    digest BLOB NOT NULL,        -- SM3 of the file
    bytes INTEGER NOT NULL,
    chunks INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    audit_id INTEGER NOT NULL
) STRICT;
CREATE TABLE document_chunk (
    document INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    content BLOB NOT NULL,       -- sealed
    made_at INTEGER NOT NULL,
    PRIMARY KEY (document, seq)
) STRICT;
CREATE INDEX document_chunk_made ON document_chunk (made_at);
