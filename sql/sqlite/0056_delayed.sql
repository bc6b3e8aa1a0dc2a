-- Transfers that were confirmed and leave later: their money is held until then. A row goes with its order's next state.
CREATE TABLE transfer_delayed (
    order_id INTEGER NOT NULL PRIMARY KEY,
    due_at INTEGER NOT NULL         -- ms
) STRICT;
CREATE INDEX transfer_delayed_due ON transfer_delayed (due_at, order_id);
