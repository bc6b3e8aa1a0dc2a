/* A transfer that has arrived is asked back (camt.056): by two of the staff, for a customer who paid twice, by mistake or was deceived. The
 * other bank agrees or refuses (camt.029); what it agrees to comes as a return of its own (comeback.c). */
#include "bank/interbank/interbank_internal.h"

#include <stdio.h>
#include <string.h>

#include "service/approval/approval.h"
#include "service/notify/notify.h"

#define AGAIN_FIRST ZY_SECONDS(10)
#define AGAIN_MOST  ZY_MINUTES(10)
#define PAGE_DEFAULT 20

/* ---- asking for it: maker and checker ---- */

/* ISO 20022: paid twice, the customer's wish, fraud, an error of a system. */
static const char *const REASONS[] = { "DUPL", "CUST", "FRAD", "TECH" };
#define REASON_CHOICES "DUPL|CUST|FRAD|TECH"

typedef struct recall_case {
    out_row out;
    zy_str code;
} recall_case;

static bool is_reason(zy_str code)
{
    for (size_t i = 0; i < ZY_COUNT(REASONS); i++)
        if (zy_str_eq_c(code, REASONS[i]))
            return true;
    return false;
}

/* What has arrived at another bank, and was not asked back before. */
static zy_status read_case(zy_rtx *rtx, const zy_json *payload, recall_case *ret, zy_err *err)
{
    zy_str order_text = { 0 };
    zy_id order;
    recall_row known;
    if (!zy_json_str(payload, "order_id", &order_text) || zy_id_parse(order_text, &order) != ZY_OK ||
        !zy_json_str(payload, "code", &ret->code) || !is_reason(ret->code))
        return zy_fail(err, ZY_INTERNAL, NULL, "a request whose content is not of its kind");
    zy_status status = out_select(rtx, order, &ret->out, err);
    if (status != ZY_OK)
        return status == ZY_NOT_FOUND ? zy_fail(err, ZY_NOT_FOUND, "order_id", "no such transfer to another bank") : status;
    if (strcmp(ret->out.state, "settled") != 0)
        return zy_fail(err, ZY_STATE_CONFLICT, "order_id", "the transfer is %s", ret->out.state);
    status = recall_of(rtx, order, &known, err);
    if (status == ZY_OK)
        return zy_fail(err, ZY_STATE_CONFLICT, "order_id", "it was asked back already");
    return status == ZY_NOT_FOUND ? ZY_OK : status;
}

static zy_status describe(zy_rtx *rtx, zy_env *env, const zy_json *payload, zy_json *before, zy_json *after, zy_err *err)
{
    (void)env;
    recall_case c = { 0 };
    ZY_TRY(read_case(rtx, payload, &c, err));
    for (int i = 0; i < 2; i++) {
        zy_json *o = i == 0 ? before : after;
        zy_json_set_id(o, "order_id", c.out.order);
        zy_json_set_int(o, "amount_fen", c.out.amount.fen);
        zy_json_set_c(o, "bank", c.out.to_bank);
        zy_json_set_str(o, "recall", i == 0 ? ZY_STR("") : c.code);
    }
    return ZY_OK;
}

static zy_status audit(zy_tx *tx, zy_env *env, const char *event, zy_id staff, const recall_row *r, zy_err *err)
{
    const zy_audit record = { .event = event, .actor_kind = staff.v != 0 ? "staff" : "system", .actor = staff, .object = r->order,
                              .object_kind = "order", .result = ZY_STR("OK"), .detail = zy_str_of(r->answer[0] ? r->answer : r->code) };
    return zy_audit_add(tx, env, &record, NULL, err);
}

static zy_status apply(zy_tx *tx, zy_env *env, const zy_json *payload, zy_id maker, zy_id checker, zy_err *err)
{
    (void)maker;
    recall_case c = { 0 };
    ZY_TRY(read_case(zy_tx_read(tx), payload, &c, err));
    zy_time now = zy_env_now(env);
    recall_row r = { .id = zy_id_next(env->ids), .order = c.out.order, .amount = c.out.amount, .state = "ready", .due_at = now,
                     .made_at = now };
    ZY_TRY(zy_str_copy(c.code, r.code, sizeof r.code));
    ZY_TRY(recall_insert(tx, &r, err));
    return audit(tx, env, "interbank.recall_asked", checker, &r, err);
}

static const zy_approval_kind RECALL_KIND = { .name = "order.recall", .permission_make = "customer.make",
                                              .permission_check = "customer.check", .describe = describe, .apply = apply };

/* ---- sending it ---- */

typedef struct next_job {
    zy_time now;
    recall_row row;
} next_job;

static zy_status next_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    next_job *job = arg;
    return recall_due(rtx, job->now, &job->row, err);
}

/* It is this node's for a while; a recall that is repeated does no harm. */
static zy_status lease_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const next_job *job = arg;
    int64_t wait = AGAIN_FIRST.ms << (job->row.tries < 6 ? job->row.tries : 6);
    zy_dur again = { wait < AGAIN_MOST.ms ? wait : AGAIN_MOST.ms };
    return recall_lease(tx, &job->row, zy_time_add(job->now, again), err);
}

static zy_status asked_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const next_job *job = arg;
    return recall_asked(tx, job->row.id, err);
}

zy_status zy_interbank_recall(zy_env *env, int max, int64_t *ret_done, zy_err *err)
{
    *ret_done = 0;
    for (int i = 0; i < max && env->clearing != NULL; i++) {
        next_job job = { .now = zy_env_now(env) };
        char order[ZY_ID_TEXT_MAX], id[ZY_ID_TEXT_MAX];
        zy_status status = zy_db_read(env->db, "interbank.recall_next", next_read, &job, err);
        if (status == ZY_OK)
            status = zy_db_run(env->db, "interbank.recall_lease", lease_unit, &job, err);
        if (status == ZY_NOT_FOUND || status == ZY_STATE_CONFLICT) /* none, or another node was faster */
            return ZY_OK;
        ZY_TRY(status);
        zy_id_format(job.row.order, order);
        zy_id_format(job.row.id, id);
        ZY_TRY(zy_clearing_recall(env->clearing, zy_str_of(order), zy_str_of(id), job.row.code, job.now, err));
        ZY_TRY(zy_db_run(env->db, "interbank.recall_asked", asked_unit, &job, err));
        *ret_done += 1;
    }
    return ZY_OK;
}

/* ---- its answer ---- */

typedef struct answer_job {
    const mail *m;
    zy_id id;
    zy_kept_order kept;
    recall_row row;
    const char *state;
} answer_job;

static const char *state_of(zy_clearing_outcome there)
{
    return there == ZY_CLEARING_SETTLED ? "agreed" : there == ZY_CLEARING_REJECTED ? "refused" : "waiting";
}

static zy_status tell(zy_tx *tx, const answer_job *job, zy_err *err)
{
    static const char *const WORDS[] = { "对方银行已同意退回，款项退回后将通知您", "对方银行未同意退回" };
    char payee[300], yuan[ZY_MONEY_TEXT_MAX], text[700];
    payee_text(job->kept.payload, payee, sizeof payee);
    zy_money_format_grouped(job->row.amount, yuan);
    snprintf(text, sizeof text, "您向%s的跨行转账%s元：%s。", payee, yuan, WORDS[strcmp(job->state, "refused") == 0]);
    return zy_notify_add(tx, job->m->env, job->kept.order.customer, "transfer", ZY_STR("跨行转账退回申请"), zy_str_of(text), err);
}

/* The first definite answer stands. */
static zy_status answer_unit(zy_tx *tx, void *arg, zy_err *err)
{
    answer_job *job = arg;
    bool changed = false;
    ZY_TRY(mail_advance(tx, job->m, err));
    ZY_TRY(recall_answer(tx, &job->row, job->state, job->m->now, &changed, err));
    if (!changed)
        return ZY_OK;
    ZY_TRY(audit(tx, job->m->env, "interbank.recall_answer", (zy_id){ 0 }, &job->row, err));
    return strcmp(job->state, "waiting") == 0 ? ZY_OK : tell(tx, job, err);
}

static zy_status find_row(zy_rtx *rtx, void *arg, zy_err *err)
{
    answer_job *job = arg;
    return recall_select(rtx, job->id, &job->row, err);
}

zy_status recall_answered(const mail *m, zy_err *err)
{
    answer_job job = { .m = m, .state = state_of(m->in->answer.outcome) };
    if (zy_id_parse(m->in->recall_id, &job.id) != ZY_OK)
        return ZY_NOT_FOUND;
    ZY_TRY(zy_db_read(m->env->db, "interbank.recall_row", find_row, &job, err));
    snprintf(job.row.answer, sizeof job.row.answer, "%s", m->in->answer.reason);
    ZY_TRY(zy_order_read(m->env, job.row.order, &job.kept, err));
    zy_status status = zy_db_run(m->env->db, "interbank.recall_answer", answer_unit, &job, err);
    zy_kept_order_free(&job.kept);
    return status;
}

/* ---- staff: order.recall, recall.list ---- */

typedef struct order_recall_in {
    zy_id order_id;
    zy_str code, reason;
} order_recall_in;
typedef struct recall_list_in {
    zy_id order_id;
    bool has_order;
    int64_t limit;
    zy_str cursor;
} recall_list_in;

static zy_status order_recall_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const order_recall_in *in = input;
    zy_id request;
    ZY_AUTO(zy_json_free) zy_json *payload = zy_json_object();
    zy_json_set_id(payload, "order_id", in->order_id);
    zy_json_set_str(payload, "code", in->code);
    ZY_TRY(zy_approval_request(call->env, &RECALL_KIND, call->caller->staff, payload, in->reason, &request, err));
    zy_json_set_id(body, "request_id", request);
    return ZY_OK;
}

typedef struct list_job {
    const recall_list_in *in;
    zy_id before, last;
    int limit;
    zy_json *list;
} list_job;

static zy_status push_recall(const recall_row *r, void *arg)
{
    list_job *job = arg;
    zy_json *out = zy_json_object();
    job->last = r->id;
    zy_json_set_id(out, "recall_id", r->id);
    zy_json_set_id(out, "order_id", r->order);
    zy_json_set_int(out, "amount_fen", r->amount.fen);
    zy_json_set_c(out, "code", r->code);
    zy_json_set_c(out, "state", r->state);
    zy_json_set_c(out, "answer", r->answer);
    zy_json_set_int(out, "at", r->made_at.ms);
    zy_json_set_int(out, "answered_at", r->answered_at.ms);
    zy_json_push(job->list, out);
    return ZY_OK;
}

static zy_status list_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    list_job *job = arg;
    return recall_page(rtx, job->in->has_order ? job->in->order_id : (zy_id){ 0 }, job->before, job->limit, push_recall, job, err);
}

static zy_status recall_list_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const recall_list_in *in = input;
    list_job job = { .in = in, .before = { INT64_MAX }, .limit = in->limit != 0 ? (int)in->limit : PAGE_DEFAULT, .list = zy_json_array() };
    zy_time at = { 0 };
    char cursor[ZY_CURSOR_MAX] = "";
    zy_json_set(body, "recalls", job.list);
    if (in->cursor.n > 0)
        ZY_TRY(zy_cursor_parse(in->cursor, &at, &job.before, err));
    ZY_TRY(zy_db_read(call->env->db, "interbank.recalls", list_read, &job, err));
    if ((int)zy_json_count(job.list) == job.limit)
        zy_cursor_write((zy_time){ 0 }, job.last, cursor);
    zy_json_set_c(body, "cursor", cursor);
    return ZY_OK;
}

static const zy_field RECALL_FIELDS[] = {
    ZY_FIELD(order_recall_in, order_id, ZY_F_ID, 1, 40, .help = "a settled transfer to another bank"),
    ZY_FIELD(order_recall_in, code, ZY_F_ENUM, 4, 4, .choices = REASON_CHOICES),
    ZY_FIELD(order_recall_in, reason, ZY_F_TEXT, 2, 200, .help = "for whoever checks it"),
};
static const zy_field LIST_FIELDS[] = {
    ZY_FIELD(recall_list_in, order_id, ZY_F_ID, 1, 40, ZY_OPTIONAL, ZY_HAS(recall_list_in, has_order)),
    ZY_FIELD(recall_list_in, limit, ZY_F_INT, 1, 50, ZY_OPTIONAL),
    ZY_FIELD(recall_list_in, cursor, ZY_F_CODE, 0, ZY_CURSOR_MAX - 1, ZY_OPTIONAL),
};
static const zy_out REQUESTED_OUTS[] = { ZY_OUT("request_id", ZY_O_STR) };
static const zy_out RECALL_OUTS[] = {
    ZY_OUT("recall_id", ZY_O_STR), ZY_OUT("order_id", ZY_O_STR), ZY_OUT("amount_fen", ZY_O_INT), ZY_OUT("code", ZY_O_STR),
    ZY_OUT("state", ZY_O_STR, .help = "ready, asked, waiting, agreed, refused"),
    ZY_OUT("answer", ZY_O_STR, .help = "the other bank's ISO 20022 code; may be empty"), ZY_OUT("at", ZY_O_INT),
    ZY_OUT("answered_at", ZY_O_INT, .help = "0: no definite answer yet"),
};
static const zy_out LIST_OUTS[] = { ZY_OUT("recalls", ZY_O_LIST, ZY_MEMBERS(RECALL_OUTS)), ZY_OUT("cursor", ZY_O_STR) };

const zy_api ZY_INTERBANK_APIS[] = {
    { .name = "order.recall", .door = ZY_DOOR_STAFF, .class = ZY_PROTECTED, .permission = "customer.make", .per_minute = 20, .audited = true,
      .title = "Asks to ask another bank for a settled transfer back", ZY_FIELDS(order_recall_in, RECALL_FIELDS), ZY_OUTS(REQUESTED_OUTS),
      .run = order_recall_run },
    { .name = "recall.list", .door = ZY_DOOR_STAFF, .class = ZY_PROTECTED, .permission = "order.view", .per_minute = 60,
      .title = "Transfers that were asked back, newest first", ZY_FIELDS(recall_list_in, LIST_FIELDS), ZY_OUTS(LIST_OUTS),
      .run = recall_list_run },
};
const size_t ZY_INTERBANK_API_COUNT = ZY_COUNT(ZY_INTERBANK_APIS);

void zy_interbank_start(void)
{
    zy_approval_register(&RECALL_KIND);
}
