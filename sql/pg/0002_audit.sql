-- Audit: records are only ever added; a block seals the records of a node up to a point of its order (tx, id).
-- tx = era << 48 | transaction id: what is below the oldest running transaction is decided for good, so the sealer
-- needs no mark on the rows. The era grows when a restored database starts counting transactions anew.
CREATE TABLE audit_era (
    one BIGINT PRIMARY KEY CHECK (one = 1),
    era BIGINT NOT NULL
);
INSERT INTO audit_era (one, era) VALUES (1, 0);
CREATE FUNCTION zy_audit_tx() RETURNS BIGINT LANGUAGE sql VOLATILE AS
    $$ SELECT (era << 48) | (pg_current_xact_id()::text)::bigint FROM audit_era $$;
CREATE TABLE audit_record (
    id BIGINT PRIMARY KEY,
    node BIGINT NOT NULL,
    tx BIGINT NOT NULL DEFAULT zy_audit_tx(),
    at BIGINT NOT NULL,
    event TEXT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor BIGINT NOT NULL,
    object_kind TEXT NOT NULL,
    object BIGINT NOT NULL,
    address TEXT NOT NULL,
    device TEXT NOT NULL,
    trace TEXT NOT NULL,
    result TEXT NOT NULL,
    detail TEXT NOT NULL,
    digest BYTEA NOT NULL
);
CREATE INDEX audit_record_order ON audit_record (node, tx, id);
CREATE INDEX audit_record_actor ON audit_record (actor, id);
CREATE INDEX audit_record_object ON audit_record (object, id);
CREATE TABLE audit_block (
    node BIGINT NOT NULL,
    no BIGINT NOT NULL,
    upto_tx BIGINT NOT NULL,
    upto_id BIGINT NOT NULL,
    records BIGINT NOT NULL,
    total BIGINT NOT NULL,
    h BYTEA NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (node, no)
);
CREATE TABLE audit_checkpoint (
    node BIGINT NOT NULL,
    no BIGINT NOT NULL,
    total BIGINT NOT NULL,
    h BYTEA NOT NULL,
    at BIGINT NOT NULL,
    key_version BIGINT NOT NULL,
    sig BYTEA NOT NULL,
    PRIMARY KEY (node, no)
);
CREATE FUNCTION zy_append_only() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'append only'; END $$;
CREATE TRIGGER audit_record_append_only BEFORE UPDATE OR DELETE ON audit_record
    FOR EACH ROW EXECUTE FUNCTION zy_append_only();
CREATE TRIGGER audit_block_append_only BEFORE UPDATE OR DELETE ON audit_block
    FOR EACH ROW EXECUTE FUNCTION zy_append_only();
CREATE TRIGGER audit_checkpoint_append_only BEFORE UPDATE OR DELETE ON audit_checkpoint
    FOR EACH ROW EXECUTE FUNCTION zy_append_only();
