#include <string.h>

#include "service/face/face_internal.h"

void face_row_wipe(face_row *row)
{
    zy_wipe(row, sizeof *row);
}

static zy_cell reference_cell(zy_id customer)
{
    return (zy_cell){ "face_enrolment", "reference", customer };
}

static zy_cell forget_cell(zy_id id)
{
    return (zy_cell){ "face_forget", "reference", id };
}

static zy_status seal(zy_env *env, zy_cell cell, const char *reference, zy_buf *ret_sealed)
{
    return zy_keys_seal(env->keys, ZY_KEY_FIELD, cell, reference, strlen(reference), ret_sealed);
}

/* An empty cell is an empty reference. */
static zy_status open_reference(zy_env *env, zy_cell cell, zy_str sealed, char out[ZY_FACE_NUMBER_MAX])
{
    ZY_AUTO_SECRET_BUF plain = { 0 };
    out[0] = '\0';
    if (sealed.n == 0)
        return ZY_OK;
    ZY_TRY(zy_keys_open_cell(env->keys, ZY_KEY_FIELD, cell, sealed.p, sealed.n, &plain));
    return zy_str_copy(zy_buf_view(&plain), out, ZY_FACE_NUMBER_MAX);
}

/* --- enrolments --- */

static const zy_sql SQL_ADD = { "face.add",
    "INSERT INTO face_enrolment (customer, state, consent_version, consent_order, reference, consented_at, enrolled_at)"
    " VALUES ($1, 'consented', $2, $3, $4, $5, 0) ON CONFLICT DO NOTHING", 5, NULL };
static const zy_sql SQL_FIND = { "face.find",
    "SELECT state, consent_version, consent_order, reference, consented_at, enrolled_at FROM face_enrolment WHERE customer = $1", 1,
    NULL };
static const zy_sql SQL_ENROLLED = { "face.enrolled",
    "UPDATE face_enrolment SET state = 'enrolled', reference = $2, enrolled_at = $3 WHERE customer = $1 AND state = 'consented'", 3,
    NULL };
static const zy_sql SQL_DELETE = { "face.delete", "DELETE FROM face_enrolment WHERE customer = $1", 1, NULL };

zy_status face_insert(zy_tx *tx, zy_id customer, zy_id order, zy_time now, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_ADD,
                          ZY_ARGS(ZY_I(customer.v), ZY_TC(ZY_FACE_CONSENT_VERSION), ZY_I(order.v), ZY_B("", 0), ZY_I(now.ms)), 1,
                          ZY_STATE_CONFLICT, err);
}

zy_status face_find(zy_rtx *rtx, zy_env *env, zy_id customer, face_row *r, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_FIND, ZY_ARGS(ZY_I(customer.v)), &row, err));
    *r = (face_row){ .customer = customer, .order = zy_col_id(row, 2), .consented_at = zy_col_time(row, 4),
                     .enrolled_at = zy_col_time(row, 5) };
    ZY_TRY(zy_str_copy(zy_col_text(row, 0), r->state, sizeof r->state));
    ZY_TRY(zy_str_copy(zy_col_text(row, 1), r->version, sizeof r->version));
    return open_reference(env, reference_cell(customer), zy_col_blob(row, 3), r->reference);
}

zy_status face_enrolled(zy_tx *tx, zy_env *env, zy_id customer, const char *reference, zy_time now, zy_err *err)
{
    ZY_AUTO_BUF sealed = { 0 };
    ZY_TRY(seal(env, reference_cell(customer), reference, &sealed));
    return zy_exec_expect(tx, &SQL_ENROLLED, ZY_ARGS(ZY_I(customer.v), ZY_B(sealed.p, sealed.n), ZY_I(now.ms)), 1, ZY_STATE_CONFLICT,
                          err);
}

zy_status face_delete(zy_tx *tx, zy_id customer, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_DELETE, ZY_ARGS(ZY_I(customer.v)), 1, ZY_STATE_CONFLICT, err);
}

/* --- comparisons --- */

static const zy_sql SQL_CHECK_ADD = { "face_check.add",
    "INSERT INTO face_check (id, customer, purpose, object, number, verdict, match, live, score, actions, frames, at)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)", 12, NULL };
static const zy_sql SQL_CHECKS_DELETE = { "face_check.delete", "DELETE FROM face_check WHERE customer = $1", 1, NULL };
static const zy_sql SQL_CHECKS_DROP = { "face_check.drop",
    "DELETE FROM face_check WHERE id IN (SELECT id FROM face_check WHERE at < $1 ORDER BY at LIMIT $2)", 2, NULL };

zy_status face_check_insert(zy_tx *tx, const face_check_row *r, zy_time now, zy_err *err)
{
    const zy_face_verdict *v = r->verdict;
    return zy_exec_expect(tx, &SQL_CHECK_ADD,
                          ZY_ARGS(ZY_I(r->id.v), ZY_I(r->use->customer.v), ZY_TC(r->use->purpose), ZY_I(r->use->object.v),
                                  ZY_TC(v->number), ZY_TC(r->right ? "right" : "wrong"), ZY_I(v->match), ZY_I(v->live),
                                  ZY_I(v->score), ZY_TC(r->actions), ZY_B(r->frames, sizeof r->frames), ZY_I(now.ms)),
                          1, ZY_INTERNAL, err);
}

zy_status face_checks_delete(zy_tx *tx, zy_id customer, zy_err *err)
{
    int64_t dropped = 0;
    return zy_exec(tx, &SQL_CHECKS_DELETE, ZY_ARGS(ZY_I(customer.v)), &dropped, err);
}

zy_status face_checks_drop(zy_tx *tx, zy_time before, int max, zy_err *err)
{
    int64_t dropped = 0;
    return zy_exec(tx, &SQL_CHECKS_DROP, ZY_ARGS(ZY_I(before.ms), ZY_I(max)), &dropped, err);
}

/* --- what the provider is to forget --- */

static const zy_sql SQL_FORGET_ADD = { "face_forget.add",
    "INSERT INTO face_forget (id, reference, due_at, tries) VALUES ($1, $2, $3, 0)", 3, NULL };
static const zy_sql SQL_FORGET_DUE = { "face_forget.due",
    "SELECT id, reference, tries FROM face_forget WHERE due_at <= $1 ORDER BY due_at, id LIMIT 1", 1, NULL };
static const zy_sql SQL_FORGET_DONE = { "face_forget.done", "DELETE FROM face_forget WHERE id = $1", 1, NULL };
static const zy_sql SQL_FORGET_LATER = { "face_forget.later",
    "UPDATE face_forget SET due_at = $2, tries = tries + 1 WHERE id = $1 AND tries = $3", 3, NULL };

zy_status face_forget_insert(zy_tx *tx, zy_env *env, const char *reference, zy_time now, zy_err *err)
{
    ZY_AUTO_BUF sealed = { 0 };
    zy_id id = zy_id_next(env->ids);
    ZY_TRY(seal(env, forget_cell(id), reference, &sealed));
    return zy_exec_expect(tx, &SQL_FORGET_ADD, ZY_ARGS(ZY_I(id.v), ZY_B(sealed.p, sealed.n), ZY_I(now.ms)), 1, ZY_INTERNAL, err);
}

zy_status face_forget_due(zy_rtx *rtx, zy_env *env, zy_time now, face_forget_row *r, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_FORGET_DUE, ZY_ARGS(ZY_I(now.ms)), &row, err));
    *r = (face_forget_row){ .id = zy_col_id(row, 0), .tries = zy_col_int(row, 2) };
    return open_reference(env, forget_cell(r->id), zy_col_blob(row, 1), r->reference);
}

zy_status face_forget_done(zy_tx *tx, zy_id id, zy_err *err)
{
    int64_t dropped = 0;
    return zy_exec(tx, &SQL_FORGET_DONE, ZY_ARGS(ZY_I(id.v)), &dropped, err);
}

zy_status face_forget_later(zy_tx *tx, const face_forget_row *r, zy_time due_at, zy_err *err)
{
    int64_t changed = 0; /* another node was first: it has put it off already */
    return zy_exec(tx, &SQL_FORGET_LATER, ZY_ARGS(ZY_I(r->id.v), ZY_I(due_at.ms), ZY_I(r->tries)), &changed, err);
}
