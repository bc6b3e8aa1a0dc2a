-- Posting made cheap: measured, a CHECK costs as much as the row that it looks at (PostgreSQL reads its expression anew in
-- each statement), an advisory lock as much as a statement.

-- What these said, zy_ledger_post says now, the one writer of tables that are only ever added to.
ALTER TABLE ledger_journal DROP CONSTRAINT ledger_journal_id_check;
ALTER TABLE ledger_journal DROP CONSTRAINT ledger_journal_leg_count_check;
ALTER TABLE ledger_posting DROP CONSTRAINT ledger_posting_amount_fen_check;
-- A state that is none opens nothing: every change asks for 'active' or 'frozen'. The figures keep their CHECK.
ALTER TABLE ledger_balance DROP CONSTRAINT ledger_balance_state_check;

-- One journal in one call. The legs come in the order of their accounts, which is the order of the locks. A refusal is
-- raised, so that COMMIT can travel along: 'Z' and the number of a status (base/status.h) without its second digit: Z1004
-- NOT_FOUND, Z2001 BALANCE_TOO_LOW, Z2007 ACCOUNT_STATE, Z3001 INTERNAL, Z3003 OVERFLOW. The table's lock, which every
-- insert holds, is taken before the day is read; a cut-off takes one that conflicts with it: so no posting of the old day
-- is committed after it.
CREATE OR REPLACE FUNCTION zy_ledger_post(p_id BIGINT, p_value_day BIGINT, p_at BIGINT, p_order BIGINT, p_audit BIGINT,
                                          p_reverses BIGINT, p_code TEXT, p_summary TEXT, p_accounts BIGINT[],
                                          p_amounts BIGINT[], p_holds BIGINT[], p_internal BIGINT[],
                                          p_counterparties TEXT[])
RETURNS BIGINT LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_day BIGINT;
    v_after BIGINT;
    v_afters BIGINT[];
    v_sum BIGINT := 0; -- 16 legs of at most 10^17 fit
    v_legs INT := cardinality(p_accounts);
    v_row RECORD;
BEGIN
    LOCK TABLE ledger_journal IN ROW EXCLUSIVE MODE;
    SELECT day INTO v_day FROM ledger_day WHERE one = 1;
    IF v_day IS NULL OR p_id <= 0 OR v_legs < 2 OR v_legs > 16 THEN
        RAISE EXCEPTION USING ERRCODE = 'Z3001';
    END IF;
    IF p_reverses <> 0 AND NOT EXISTS (SELECT 1 FROM ledger_journal r WHERE r.id = p_reverses) THEN
        RAISE EXCEPTION USING ERRCODE = 'Z1004';
    END IF;
    INSERT INTO ledger_journal (id, day, value_day, at, order_id, audit_id, reverses, leg_count, summary_code, summary)
        VALUES (p_id, v_day, p_value_day, p_at, p_order, p_audit, p_reverses, v_legs, p_code, p_summary);
    FOR i IN 1 .. v_legs LOOP
        IF p_amounts[i] = 0 OR p_amounts[i] NOT BETWEEN -100000000000000000 AND 100000000000000000 THEN
            RAISE EXCEPTION USING ERRCODE = 'Z3001';
        END IF;
        v_sum := v_sum + p_amounts[i];
        IF p_internal[i] = 1 THEN
            v_after := NULL;
            IF NOT EXISTS (SELECT 1 FROM ledger_account a WHERE a.id = p_accounts[i] AND a.internal = 1) THEN
                RAISE EXCEPTION USING ERRCODE = 'Z3001';
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
                RAISE EXCEPTION USING ERRCODE = CASE
                    WHEN v_row IS NULL THEN 'Z3001'
                    WHEN v_row.state = 'closed' OR (v_row.state = 'frozen' AND p_amounts[i] < 0) THEN 'Z2007'
                    WHEN p_amounts[i] > 0 AND v_row.balance_fen + p_amounts[i] > 100000000000000000 THEN 'Z3003'
                    ELSE 'Z2001' END;
            END IF;
        END IF;
        v_afters[i] := v_after;
    END LOOP;
    IF v_sum <> 0 THEN
        RAISE EXCEPTION USING ERRCODE = 'Z3001';
    END IF;
    -- Nearly all journals have two legs: one statement for both.
    INSERT INTO ledger_posting (journal, leg, account, day, amount_fen, balance_after_fen, counterparty)
        VALUES (p_id, 1, p_accounts[1], v_day, p_amounts[1], v_afters[1], p_counterparties[1]),
               (p_id, 2, p_accounts[2], v_day, p_amounts[2], v_afters[2], p_counterparties[2]);
    FOR i IN 3 .. v_legs LOOP
        INSERT INTO ledger_posting (journal, leg, account, day, amount_fen, balance_after_fen, counterparty)
            VALUES (p_id, i, p_accounts[i], v_day, p_amounts[i], v_afters[i], p_counterparties[i]);
    END LOOP;
    RETURN 0;
END $$;

-- The era of the audit's order stands in the column's default: no table is read for a record.
CREATE FUNCTION zy_audit_next_era() RETURNS BIGINT LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_era BIGINT;
BEGIN
    UPDATE audit_era SET era = era + 1 WHERE one = 1 RETURNING era INTO v_era;
    EXECUTE format('ALTER TABLE audit_record ALTER COLUMN tx SET DEFAULT (%s::bigint << 48) | (pg_current_xact_id()::text)::bigint',
                   v_era);
    RETURN v_era;
END $$;
DO $$
BEGIN
    EXECUTE format('ALTER TABLE audit_record ALTER COLUMN tx SET DEFAULT (%s::bigint << 48) | (pg_current_xact_id()::text)::bigint',
                   (SELECT era FROM audit_era));
END $$;
DROP FUNCTION zy_audit_tx();
