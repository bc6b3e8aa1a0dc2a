-- What the counter helps with when a password is forgotten, ways out of a lock, and what customers ask for beyond the policy.
ALTER TABLE credential ADD COLUMN until_at INTEGER NOT NULL DEFAULT 0; -- a temporary password opens nothing from then on; 0: none
CREATE TABLE pay_password_aid (
    customer INTEGER PRIMARY KEY,
    set_until INTEGER NOT NULL,    -- the counter lets the customer set a new transaction password until then; 0: it does not
    unlocked_at INTEGER NOT NULL  -- when the customer lifted the lock by himself; 0: never
) STRICT;
CREATE TABLE policy_preference (
    customer INTEGER NOT NULL,
    scene TEXT NOT NULL,
    options TEXT NOT NULL,        -- of the scene's combinations, the only ones that this customer allows
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (customer, scene)
) STRICT, WITHOUT ROWID;
