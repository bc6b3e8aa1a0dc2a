/* The queue to the clearing house. A row that was sent is asked about until there is a definite answer; only the house's word that it never
 * came, told when the message cannot be on its way any more, lets it be sent again. */
#include "bank/interbank/interbank_internal.h"

#include <string.h>

#include "base/log.h"

#define AT_ONCE  16
#define LEASE    ZY_SECONDS(90) /* longer than the connector's longest timeout */
#define ASK_MAX  ZY_MINUTES(5)
#define SEND_MAX 20             /* sendings and questions, before a person should look */

static const char *const WAYS[] = { [ZY_CLEARING_INSTANT] = "instant", [ZY_CLEARING_LARGE] = "large", [ZY_CLEARING_BATCH] = "batch" };

zy_status zy_interbank_queue(zy_tx *tx, const zy_interbank_out *out, zy_err *err)
{
    return out_insert(tx, out, WAYS[out->way], err);
}

static zy_clearing_way way_of(const char *name)
{
    for (size_t i = 1; i < ZY_COUNT(WAYS); i++)
        if (strcmp(WAYS[i], name) == 0)
            return (zy_clearing_way)i;
    return ZY_CLEARING_BATCH;
}

/* ---- claiming ---- */

typedef struct round {
    zy_env *env;
    zy_time now;
    int max;
    out_row rows[AT_ONCE];
    int count;
} round_;

static zy_status claim(zy_tx *tx, void *arg, zy_err *err)
{
    round_ *r = arg;
    ZY_TRY(out_due(tx, r->now, r->max, r->rows, &r->count, err));
    for (int i = 0; i < r->count; i++)
        ZY_TRY(out_lease(tx, &r->rows[i], zy_time_add(r->now, LEASE), r->now, err));
    return ZY_OK;
}

/* ---- one row ---- */

typedef struct again_job {
    zy_id order;
    const char *state;
    zy_time due_at;
} again_job;

static zy_status again_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const again_job *job = arg;
    return out_again(tx, job->order, job->state, job->due_at, err);
}

static zy_status again(zy_env *env, const out_row *row, const char *state, zy_dur wait, zy_err *err)
{
    again_job job = { row->order, state, zy_time_add(zy_env_now(env), wait) };
    return zy_db_run(env->db, "interbank.again", again_unit, &job, err);
}

/* 2 s, 4 s, … 5 min */
static zy_dur next_question(const out_row *row)
{
    zy_dur wait = ZY_SECONDS(INT64_C(2) << (row->tries < 8 ? row->tries : 8));
    return wait.ms < ASK_MAX.ms ? wait : ASK_MAX;
}

static zy_str member(const zy_json *payload, const char *name)
{
    zy_str value = { 0 };
    (void)zy_json_str(payload, name, &value);
    return value;
}

static zy_status send_order(zy_env *env, const out_row *row, zy_time now, zy_clearing_answer *ret, zy_err *err)
{
    ZY_KEPT_ORDER_AUTO kept = { 0 };
    char id[ZY_ID_TEXT_MAX];
    zy_id_format(row->order, id);
    ZY_TRY(zy_order_read(env, row->order, &kept, err));
    const zy_clearing_transfer t = {
        .message_id = zy_str_of(id), .order_ref = zy_str_of(id), .way = way_of(row->way), .amount = row->amount, .day = zy_day_of(now),
        .from_name = member(kept.payload, "from_name"), .from_number = member(kept.payload, "from_number"),
        .to_bank = zy_str_of(row->to_bank), .to_name = member(kept.payload, "to_name"), .to_number = member(kept.payload, "to_number"),
        .memo = member(kept.payload, "memo"),
    };
    return zy_clearing_send(env->clearing, &t, now, ret, err);
}

static zy_status ask(zy_env *env, const out_row *row, zy_time now, zy_clearing_answer *ret, zy_err *err)
{
    char id[ZY_ID_TEXT_MAX];
    zy_id_format(row->order, id);
    return zy_clearing_query(env->clearing, zy_str_of(id), now, ret, err);
}

static zy_status reject(zy_env *env, const out_row *row, const char *reason, zy_err *err)
{
    outcome o = { .env = env, .order = row->order, .answer = { .outcome = ZY_CLEARING_REJECTED }, .now = zy_env_now(env) };
    ZY_TRY(zy_str_copy(zy_str_of(reason), o.answer.reason, sizeof o.answer.reason));
    return outcome_apply(&o, err);
}

/* It never came. Before the window is over it may still be on its way. */
static zy_status never_came(zy_env *env, const out_row *row, zy_err *err)
{
    zy_time final = zy_time_add(row->sent_at, ZY_CLEARING_WINDOW);
    zy_dur left = { final.ms - zy_env_now(env).ms };
    if (left.ms >= 0)
        return again(env, row, "asked", (zy_dur){ left.ms + 1000 }, err);
    return row->tries < SEND_MAX ? again(env, row, "ready", (zy_dur){ 0 }, err) : reject(env, row, "NOOR", err);
}

static zy_status take_answer(zy_env *env, const out_row *row, const zy_clearing_answer *answer, zy_err *err)
{
    const outcome o = { .env = env, .order = row->order, .answer = *answer, .now = zy_env_now(env) };
    switch (answer->outcome) {
    case ZY_CLEARING_SETTLED:
    case ZY_CLEARING_REJECTED:
        return outcome_apply(&o, err);
    case ZY_CLEARING_UNKNOWN_THERE:
        return never_came(env, row, err);
    case ZY_CLEARING_PENDING:
        break;
    }
    return again(env, row, "asked", next_question(row), err);
}

/* No answer is no outcome. Only what certainly was not sent may be tried again or given back. */
static zy_status no_answer(zy_env *env, const out_row *row, zy_status status, const zy_err *why, zy_err *err)
{
    bool first = row->sent_at.ms == 0;
    if (status != ZY_CONNECTOR_FAILED && status != ZY_BUSY)
        zy_log_err("interbank.send_failed", why);
    if (status == ZY_BAD_FIELD && first)
        return reject(env, row, "NARR", err);
    if (status == ZY_BUSY && strcmp(row->state, "ready") == 0)
        return again(env, row, "ready", ZY_SECONDS(1), err);
    return again(env, row, "asked", next_question(row), err);
}

static zy_status handle(zy_env *env, const out_row *row, zy_time now, zy_err *err)
{
    zy_clearing_answer answer = { 0 };
    zy_err why = { 0 };
    bool ready = strcmp(row->state, "ready") == 0;
    zy_status status = ready ? send_order(env, row, now, &answer, &why) : ask(env, row, now, &answer, &why);
    return status == ZY_OK ? take_answer(env, row, &answer, err) : no_answer(env, row, status, &why, err);
}

zy_status zy_interbank_send(zy_env *env, int max, int64_t *ret_done, zy_err *err)
{
    round_ r = { .env = env, .now = zy_env_now(env), .max = max < AT_ONCE ? max : AT_ONCE };
    *ret_done = 0;
    if (env->clearing == NULL)
        return ZY_OK;
    ZY_TRY(zy_db_run(env->db, "interbank.claim", claim, &r, err));
    for (int i = 0; i < r.count; i++) {
        zy_err why = { 0 };
        if (handle(env, &r.rows[i], r.now, &why) != ZY_OK) /* its lease runs out, and it is asked about again */
            zy_log_err("interbank.failed", &why);
        *ret_done += 1;
    }
    return ZY_OK;
}
