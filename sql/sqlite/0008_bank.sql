-- Who owns an account; its money is in ledger_balance. Numbers, names and aliases are sealed.
CREATE TABLE bank_account (
    id INTEGER NOT NULL PRIMARY KEY,
    customer INTEGER NOT NULL,
    kind TEXT NOT NULL,
    content BLOB NOT NULL,         -- sealed: number, alias
    number_index BLOB NOT NULL UNIQUE, -- keyed blind index of the number
    opened_at INTEGER NOT NULL
) STRICT;
CREATE INDEX bank_account_customer ON bank_account (customer, id);
CREATE TABLE bank_payee (
    id INTEGER NOT NULL PRIMARY KEY,
    customer INTEGER NOT NULL,     -- whose book it stands in
    account INTEGER NOT NULL,      -- the payee's account
    content BLOB NOT NULL,         -- sealed: name, number, alias
    added_at INTEGER NOT NULL,
    UNIQUE (customer, account)
) STRICT;
CREATE INDEX bank_payee_customer ON bank_payee (customer, id);
