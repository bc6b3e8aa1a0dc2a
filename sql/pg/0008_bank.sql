-- Who owns an account; its money is in ledger_balance. Numbers, names and aliases are sealed.
CREATE TABLE bank_account (
    id BIGINT NOT NULL PRIMARY KEY,
    customer BIGINT NOT NULL,
    kind TEXT NOT NULL,
    content BYTEA NOT NULL,         -- sealed: number, alias
    number_index BYTEA NOT NULL UNIQUE, -- keyed blind index of the number
    opened_at BIGINT NOT NULL
);
CREATE INDEX bank_account_customer ON bank_account (customer, id);
CREATE TABLE bank_payee (
    id BIGINT NOT NULL PRIMARY KEY,
    customer BIGINT NOT NULL,     -- whose book it stands in
    account BIGINT NOT NULL,      -- the payee's account
    content BYTEA NOT NULL,         -- sealed: name, number, alias
    added_at BIGINT NOT NULL,
    UNIQUE (customer, account)
);
CREATE INDEX bank_payee_customer ON bank_payee (customer, id);
