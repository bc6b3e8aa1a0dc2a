-- Transfers that were confirmed and leave later: their money is held until then. A row goes with its order's next state.
CREATE TABLE transfer_delayed (
    order_id BIGINT NOT NULL PRIMARY KEY,
    due_at BIGINT NOT NULL         -- ms
);
CREATE INDEX transfer_delayed_due ON transfer_delayed (due_at, order_id);
