-- A posting is plain statements, the same as on SQLite, in one round trip: measured, a call of a PL/pgSQL function that runs
-- them costs a quarter more. Functions are left for what is seldom: the reasons of refusals. They raise 'Z' and the number
-- of a status (base/status.h) without its second digit: Z2001 BALANCE_TOO_LOW, Z2007 ACCOUNT_STATE, Z3001 INTERNAL,
-- Z3003 OVERFLOW.
DROP FUNCTION zy_ledger_post(BIGINT, BIGINT, BIGINT, BIGINT, BIGINT, BIGINT, TEXT, TEXT, BIGINT[], BIGINT[], BIGINT[],
                             BIGINT[], TEXT[]);

-- Why a balance may not move.
CREATE FUNCTION zy_ledger_refuse(p_account BIGINT, p_amount BIGINT) RETURNS TEXT LANGUAGE plpgsql AS $$
DECLARE
    v_row RECORD;
BEGIN
    SELECT b.state, b.balance_fen INTO v_row FROM ledger_balance b WHERE b.account = p_account;
    RAISE EXCEPTION USING ERRCODE = CASE
        WHEN v_row.state = 'closed' OR (v_row.state = 'frozen' AND p_amount < 0) THEN 'Z2007'
        WHEN p_amount > 0 AND v_row.balance_fen + p_amount > 100000000000000000 THEN 'Z3003'
        ELSE 'Z2001' END;
END $$;

-- A posting to an account that is none.
CREATE FUNCTION zy_ledger_missing(p_account BIGINT) RETURNS BIGINT LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'Z3001';
END $$;

-- The balance after a posting to the bank's own account is kept nowhere: NULL; that it is the bank's own is seen here.
CREATE FUNCTION zy_ledger_own(p_account BIGINT) RETURNS BIGINT LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM ledger_account a WHERE a.id = p_account AND a.internal = 1) THEN
        RAISE EXCEPTION USING ERRCODE = 'Z3001';
    END IF;
    RETURN NULL;
END $$;
