-- Audit: records are only ever added; a block seals the records of a node up to a point of its order (tx, id).
CREATE TABLE audit_record (
    id INTEGER PRIMARY KEY,
    node INTEGER NOT NULL,
    tx INTEGER NOT NULL DEFAULT 0, -- always 0 here: one writer makes the ids ascend in commit order
    at INTEGER NOT NULL,
    event TEXT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor INTEGER NOT NULL,
    object_kind TEXT NOT NULL,
    object INTEGER NOT NULL,
    address TEXT NOT NULL,
    device TEXT NOT NULL,
    trace TEXT NOT NULL,
    result TEXT NOT NULL,
    detail TEXT NOT NULL,
    digest BLOB NOT NULL
) STRICT;
CREATE INDEX audit_record_actor ON audit_record (actor, id);
CREATE INDEX audit_record_object ON audit_record (object, id);
CREATE TABLE audit_block (
    node INTEGER NOT NULL,
    no INTEGER NOT NULL,
    upto_tx INTEGER NOT NULL,
    upto_id INTEGER NOT NULL,
    records INTEGER NOT NULL, -- in this block
    total INTEGER NOT NULL,   -- in all blocks of the node so far
    h BLOB NOT NULL,          -- the chain after the block's last record
    at INTEGER NOT NULL,
    PRIMARY KEY (node, no)
) STRICT, WITHOUT ROWID;
CREATE TABLE audit_checkpoint (
    node INTEGER NOT NULL,
    no INTEGER NOT NULL, -- the block
    total INTEGER NOT NULL,
    h BLOB NOT NULL,
    at INTEGER NOT NULL,
    key_version INTEGER NOT NULL,
    sig BLOB NOT NULL,
    PRIMARY KEY (node, no)
) STRICT, WITHOUT ROWID;
CREATE TABLE audit_era (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    era INTEGER NOT NULL
) STRICT;
INSERT INTO audit_era (one, era) VALUES (1, 0);
CREATE TRIGGER audit_record_no_update BEFORE UPDATE ON audit_record BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER audit_record_no_delete BEFORE DELETE ON audit_record BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER audit_block_no_update BEFORE UPDATE ON audit_block BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER audit_block_no_delete BEFORE DELETE ON audit_block BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER audit_checkpoint_no_update BEFORE UPDATE ON audit_checkpoint BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER audit_checkpoint_no_delete BEFORE DELETE ON audit_checkpoint BEGIN SELECT RAISE(ABORT, 'append only'); END;
