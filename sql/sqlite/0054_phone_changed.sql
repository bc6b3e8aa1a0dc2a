-- When the phone number was changed at the counter; 0: never. For a while nothing is reset by a new one.
ALTER TABLE customer ADD COLUMN phone_changed_at INTEGER NOT NULL DEFAULT 0;
