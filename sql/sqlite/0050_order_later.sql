-- What becomes of an order after its confirmation, and orders that another one has authorised beforehand.
ALTER TABLE flow_order ADD COLUMN mandate INTEGER NOT NULL DEFAULT 0;     -- the order that authorised this one; 0: its own factors did
ALTER TABLE flow_order ADD COLUMN mandate_seq INTEGER NOT NULL DEFAULT 0; -- which one of that order's: the row of a batch, the run of a schedule
ALTER TABLE flow_order ADD COLUMN limit_day INTEGER NOT NULL DEFAULT 0;   -- the Beijing day whose limits it counts in; 0: in none
ALTER TABLE flow_order ADD COLUMN moved_at INTEGER NOT NULL DEFAULT 0;    -- the last change of state after the confirmation; 0: none
ALTER TABLE flow_order ADD COLUMN reason TEXT NOT NULL DEFAULT '';    -- why it failed or came back: a status of ours or an ISO 20022 code
CREATE UNIQUE INDEX flow_order_mandate ON flow_order (mandate, mandate_seq) WHERE mandate <> 0;
