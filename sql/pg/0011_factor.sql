-- What proves a factor later (signature, certificate, provider's answer), sealed; and the policy's rules that staff changed.
ALTER TABLE order_step ADD COLUMN evidence BYTEA NOT NULL DEFAULT '';
CREATE TABLE policy_rule (
    scene TEXT NOT NULL PRIMARY KEY,
    options TEXT NOT NULL,         -- "pay_password+sms|pay_password+token", the first is asked for by default
    changed_at BIGINT NOT NULL
);
