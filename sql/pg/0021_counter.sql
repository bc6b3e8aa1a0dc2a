-- What the counter helps with when a password is forgotten, ways out of a lock, and what customers ask for beyond the policy.
ALTER TABLE credential ADD COLUMN until_at BIGINT NOT NULL DEFAULT 0; -- a temporary password opens nothing from then on; 0: none
CREATE TABLE pay_password_aid (
    customer BIGINT PRIMARY KEY,
    set_until BIGINT NOT NULL,    -- the counter lets the customer set a new transaction password until then; 0: it does not
    unlocked_at BIGINT NOT NULL  -- when the customer lifted the lock by himself; 0: never
);
CREATE TABLE policy_preference (
    customer BIGINT NOT NULL,
    scene TEXT NOT NULL,
    options TEXT NOT NULL,        -- of the scene's combinations, the only ones that this customer allows
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (customer, scene)
);
