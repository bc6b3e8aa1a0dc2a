-- Double entry. Journals and postings are only ever added. 10^17 fen bounds every amount and balance, so that no sum of
-- two overflows 64 bits.
CREATE TABLE ledger_day (
    one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    day BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);
CREATE TABLE ledger_cut_off (
    day BIGINT NOT NULL PRIMARY KEY, -- the accounting day that ended
    at BIGINT NOT NULL
);
CREATE TABLE ledger_account (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id > 0),
    currency TEXT NOT NULL CHECK (currency = 'CNY'),
    subject TEXT NOT NULL,
    branch TEXT NOT NULL,
    internal BIGINT NOT NULL CHECK (internal IN (0, 1)), -- 1: the bank's own, without balance row
    opened_at BIGINT NOT NULL
);
-- Room for new row versions on the same page: updates touch no index.
CREATE TABLE ledger_balance (
    account BIGINT NOT NULL PRIMARY KEY,
    balance_fen BIGINT NOT NULL,
    held_fen BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'frozen', 'closed')),
    CHECK (held_fen >= 0 AND balance_fen >= held_fen AND balance_fen <= 100000000000000000)
) WITH (fillfactor = 50);
CREATE TABLE ledger_journal (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id > 0),
    day BIGINT NOT NULL,       -- accounting day
    value_day BIGINT NOT NULL, -- Beijing calendar day of `at`
    at BIGINT NOT NULL,
    order_id BIGINT NOT NULL,  -- 0: none
    audit_id BIGINT NOT NULL,
    reverses BIGINT NOT NULL,  -- the journal that this one corrects; 0: none
    leg_count BIGINT NOT NULL CHECK (leg_count BETWEEN 2 AND 16),
    summary_code TEXT NOT NULL,
    summary TEXT NOT NULL
);
-- The last barrier against doing one order twice, and against correcting a journal twice.
CREATE UNIQUE INDEX ledger_journal_order ON ledger_journal (order_id, summary_code) WHERE order_id <> 0;
CREATE UNIQUE INDEX ledger_journal_reverses ON ledger_journal (reverses) WHERE reverses <> 0;
CREATE TABLE ledger_posting (
    -- Drawn while the account's balance row is locked, so it ascends in the order in which the balance changed.
    id BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    journal BIGINT NOT NULL,
    leg BIGINT NOT NULL,
    account BIGINT NOT NULL,
    day BIGINT NOT NULL,
    amount_fen BIGINT NOT NULL CHECK (amount_fen <> 0 AND amount_fen BETWEEN -100000000000000000 AND 100000000000000000),
    balance_after_fen BIGINT,        -- NULL: the bank's own account
    counterparty TEXT NOT NULL       -- masked
);
CREATE INDEX ledger_posting_account ON ledger_posting (account, day, id);
CREATE TRIGGER ledger_journal_append_only BEFORE UPDATE OR DELETE ON ledger_journal
    FOR EACH ROW EXECUTE FUNCTION zy_append_only();
CREATE TRIGGER ledger_journal_no_truncate BEFORE TRUNCATE ON ledger_journal
    FOR EACH STATEMENT EXECUTE FUNCTION zy_append_only();
CREATE TRIGGER ledger_posting_append_only BEFORE UPDATE OR DELETE ON ledger_posting
    FOR EACH ROW EXECUTE FUNCTION zy_append_only();
CREATE TRIGGER ledger_posting_no_truncate BEFORE TRUNCATE ON ledger_posting
    FOR EACH STATEMENT EXECUTE FUNCTION zy_append_only();

-- One journal in one call. The legs come in the order of their accounts, which is the order of the locks. Answers the
-- number of a status (base/status.h): 0 OK, 10004 NOT_FOUND, 20001 BALANCE_TOO_LOW, 20007 ACCOUNT_STATE, 30001 INTERNAL,
-- 30003 OVERFLOW; the caller undoes the transaction unless it is 0. Postings share an advisory lock which a cut-off
-- takes for itself: so no posting of the old day is committed after it.
CREATE FUNCTION zy_ledger_post(p_id BIGINT, p_value_day BIGINT, p_at BIGINT, p_order BIGINT, p_audit BIGINT,
                               p_reverses BIGINT, p_code TEXT, p_summary TEXT, p_accounts BIGINT[], p_amounts BIGINT[],
                               p_holds BIGINT[], p_internal BIGINT[], p_counterparties TEXT[])
RETURNS BIGINT LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_day BIGINT;
    v_after BIGINT;
    v_legs INT := cardinality(p_accounts);
    v_row RECORD;
BEGIN
    PERFORM pg_advisory_xact_lock_shared(20261123);
    SELECT day INTO v_day FROM ledger_day WHERE one = 1;
    IF NOT FOUND THEN
        RETURN 30001;
    END IF;
    IF p_reverses <> 0 AND NOT EXISTS (SELECT 1 FROM ledger_journal r WHERE r.id = p_reverses) THEN
        RETURN 10004;
    END IF;
    INSERT INTO ledger_journal (id, day, value_day, at, order_id, audit_id, reverses, leg_count, summary_code, summary)
        VALUES (p_id, v_day, p_value_day, p_at, p_order, p_audit, p_reverses, v_legs, p_code, p_summary);
    FOR i IN 1 .. v_legs LOOP
        IF p_internal[i] = 1 THEN
            v_after := NULL;
            IF NOT EXISTS (SELECT 1 FROM ledger_account a WHERE a.id = p_accounts[i] AND a.internal = 1) THEN
                RETURN 30001;
            END IF;
        ELSE
            UPDATE ledger_balance b
                SET balance_fen = b.balance_fen + p_amounts[i], held_fen = b.held_fen - p_holds[i]
                WHERE b.account = p_accounts[i] AND b.held_fen >= p_holds[i]
                  AND b.balance_fen + p_amounts[i] >= b.held_fen - p_holds[i]
                  AND b.balance_fen + p_amounts[i] <= 100000000000000000
                  AND (b.state = 'active' OR (b.state = 'frozen' AND p_amounts[i] > 0))
                RETURNING b.balance_fen INTO v_after;
            IF NOT FOUND THEN
                SELECT b.state, b.balance_fen INTO v_row FROM ledger_balance b WHERE b.account = p_accounts[i];
                RETURN CASE
                    WHEN v_row IS NULL THEN 30001
                    WHEN v_row.state = 'closed' OR (v_row.state = 'frozen' AND p_amounts[i] < 0) THEN 20007
                    WHEN p_amounts[i] > 0 AND v_row.balance_fen + p_amounts[i] > 100000000000000000 THEN 30003
                    ELSE 20001 END;
            END IF;
        END IF;
        INSERT INTO ledger_posting (journal, leg, account, day, amount_fen, balance_after_fen, counterparty)
            VALUES (p_id, i, p_accounts[i], v_day, p_amounts[i], v_after, p_counterparties[i]);
    END LOOP;
    RETURN 0;
END $$;
