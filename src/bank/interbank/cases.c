/* Where our books and the house's differ and nobody can decide but a person. */
#include "bank/interbank/interbank_internal.h"

static void detail_of(const case_row *row, zy_buf *out)
{
    ZY_AUTO(zy_json_free) zy_json *detail = zy_json_object();
    zy_json_set_c(detail, "difference", row->difference);
    zy_json_set_str(detail, "message_id", row->message_id);
    zy_json_set_int(detail, "our_fen", row->our.fen);
    zy_json_set_int(detail, "their_fen", row->their.fen);
    zy_json_set_c(detail, "our_state", row->our_state);
    zy_json_set_c(detail, "their_state", row->their_state);
    zy_json_write(detail, out);
}

static zy_status insert_case(zy_tx *tx, zy_env *env, const case_row *row, zy_time now, bool *ret_new, zy_err *err)
{
    ZY_AUTO_BUF detail = { 0 };
    zy_id id = zy_id_next(env->ids);
    ZY_TRY(case_insert(tx, id, row, now, ret_new, err));
    if (!*ret_new)
        return ZY_OK;
    detail_of(row, &detail);
    const zy_audit record = { .event = "interbank.case", .actor_kind = "system", .object = id, .object_kind = "case",
                              .result = ZY_STR("OK"), .detail = zy_buf_view(&detail) };
    return zy_audit_add(tx, env, &record, NULL, err);
}

zy_status case_open(zy_tx *tx, zy_env *env, const case_row *row, zy_time now, zy_err *err)
{
    bool is_new = false;
    return insert_case(tx, env, row, now, &is_new, err);
}

typedef struct case_job {
    zy_env *env;
    const case_row *row;
    zy_time now;
    bool is_new;
} case_job;

static zy_status case_unit(zy_tx *tx, void *arg, zy_err *err)
{
    case_job *job = arg;
    return insert_case(tx, job->env, job->row, job->now, &job->is_new, err);
}

zy_status case_open_now(zy_env *env, const case_row *row, zy_time now, bool *ret_new, zy_err *err)
{
    case_job job = { env, row, now, false };
    ZY_TRY(zy_db_run(env->db, "interbank.case", case_unit, &job, err));
    *ret_new = job.is_new;
    return ZY_OK;
}

/* ---- for staff ---- */

static zy_json *case_json(const zy_stmt *s)
{
    static const char *const TEXTS[] = { [2] = "message_id", [3] = "difference", [6] = "our_state", [7] = "their_state", [8] = "state",
                                         [9] = "note" };
    static const char *const INTS[] = { [4] = "our_fen", [5] = "their_fen", [10] = "opened_at", [11] = "closed_at" };
    char day[ZY_DAY_TEXT_MAX];
    zy_json *out = zy_json_object();
    zy_json_set_id(out, "case_id", zy_col_id(s, 0));
    zy_day_format((zy_day){ (int32_t)zy_col_int(s, 1) }, day);
    zy_json_set_c(out, "day", day);
    for (int i = 0; i < (int)ZY_COUNT(TEXTS); i++)
        if (TEXTS[i] != NULL)
            zy_json_set_str(out, TEXTS[i], zy_col_text(s, i));
    for (int i = 0; i < (int)ZY_COUNT(INTS); i++)
        if (INTS[i] != NULL)
            zy_json_set_int(out, INTS[i], zy_col_int(s, i));
    return out;
}

zy_status zy_interbank_cases(zy_rtx *rtx, const zy_case_filter *filter, zy_json *ret_array, zy_id *ret_next, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    zy_id last = { 0 };
    ZY_TRY(case_page(rtx, filter, &rows, err));
    for (;;) {
        bool more = false;
        ZY_TRY(zy_stmt_next(rows, &more, err));
        if (!more)
            break;
        last = zy_col_id(rows, 0);
        zy_json_push(ret_array, case_json(rows));
    }
    *ret_next = (int)zy_json_count(ret_array) == filter->limit ? last : (zy_id){ 0 };
    return ZY_OK;
}

zy_status zy_interbank_close_case(zy_tx *tx, zy_env *env, zy_id id, zy_str note, zy_id staff, zy_err *err)
{
    return case_close(tx, id, note, staff, zy_env_now(env), err);
}
