/* The orders' APIs: tables, and the handlers that read or end an order. */
#include "flow/flow_internal.h"

#define PAGE_DEFAULT 20

/* ---- an order as it stands ---- */

static void put_receipt(zy_env *env, const order_row *row, zy_json *out)
{
    ZY_AUTO(zy_json_free) zy_json *answer = NULL;
    if (row->answer_sealed.n == 0 || order_open(env, "answer", row->order.id, zy_buf_view(&row->answer_sealed), &answer) != ZY_OK)
        return;
    const zy_json *receipt = zy_json_get(answer, "receipt");
    if (receipt != NULL)
        zy_json_set(out, "receipt", zy_json_copy(receipt));
}

static void put_order(const zy_call *call, const order_row *row, zy_json *out)
{
    const zy_order *o = &row->order;
    char digest[2 * ZY_SM3_BYTES + 1];
    zy_hex_encode(o->digest, sizeof o->digest, digest);
    const zy_json *display = zy_json_get(row->content, "display");
    zy_json_set_id(out, "order_id", o->id);
    zy_json_set_c(out, "kind", row->kind_name);
    zy_json_set_c(out, "state", zy_order_state_name(order_state_at(o, call->now)));
    zy_json_set_int(out, "amount_fen", o->amount.fen);
    zy_json_set_int(out, "fee_fen", o->fee.fen);
    zy_json_set_int(out, "at", o->done_at.ms != 0 ? o->done_at.ms : o->created_at.ms);
    zy_json_set_int(out, "expires_at", o->expires_at.ms);
    zy_json_set_str(out, "text", o->text);
    zy_json_set_c(out, "digest", digest);
    if (display != NULL)
        zy_json_set(out, "display", zy_json_copy(display));
    zy_json_set(out, "factors", order_factors_left(o->factors_needed, o->factors_done));
    if (o->reason[0] != '\0')
        zy_json_set_c(out, "reason", o->reason);
    if (o->moved_at.ms != 0)
        zy_json_set_int(out, "moved_at", o->moved_at.ms);
    if (o->mandate.v != 0)
        zy_json_set_id(out, "mandate_id", o->mandate);
    put_receipt(call->env, row, out);
}

zy_status order_get_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const order_id_in *in = input;
    ORDER_ROW_AUTO row = { 0 };
    ZY_TRY(order_load(call, in->order_id, &row, err));
    put_order(call, &row, body);
    return ZY_OK;
}

/* ---- cancel ---- */

typedef struct cancel_job {
    zy_call *call;
    const zy_order *order;
    zy_id step;
} cancel_job;

static zy_status cancel_unit(zy_tx *tx, void *arg, zy_err *err)
{
    cancel_job *job = arg;
    zy_id audit = { 0 };
    zy_audit record = order_audit(job->call, "order.cancelled", job->order->id, ZY_OK, (zy_str){ 0 });
    ZY_TRY(zy_audit_add(tx, job->call->env, &record, &audit, err));
    ZY_TRY(order_update_cancelled(tx, job->order, job->call->now, audit, err));
    return order_insert_step(tx, job->step, job->order->id, "cancel", job->call->now, ZY_OK, (zy_str){ 0 }, err);
}

static zy_status cancel_decided(zy_rtx *rtx, void *arg, bool *ret_committed, zy_err *err)
{
    cancel_job *job = arg;
    ORDER_ROW_AUTO row = { 0 };
    ZY_TRY(order_select(rtx, job->order->id, job->order->customer, &row, err));
    *ret_committed = row.order.state == ZY_OS_CANCELLED;
    return ZY_OK;
}

static zy_status cancel_open(zy_call *call, const order_row *row, zy_err *err)
{
    cancel_job job = { call, &row->order, zy_id_next(call->env->ids) };
    return zy_db_run_decided(call->env->db, "order.cancel", cancel_unit, cancel_decided, &job, err);
}

zy_status order_cancel_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const order_id_in *in = input;
    ORDER_ROW_AUTO row = { 0 };
    ZY_TRY(order_load(call, in->order_id, &row, err));
    if (row.order.state != ZY_OS_CANCELLED) {
        ZY_TRY(row.order.state == ZY_OS_HELD ? order_cancel_held(call, &row, err) : cancel_open(call, &row, err));
        order_row_free(&row);
        ZY_TRY(order_load(call, in->order_id, &row, err));
    }
    put_order(call, &row, body);
    return ZY_OK;
}

/* ---- lists ---- */

typedef struct list_job {
    zy_call *call;
    zy_env *env;
    zy_id before, last;
    zy_time last_at;
    int64_t limit;
    zy_json *orders;
} list_job;

static zy_status push_own(list_job *job, const zy_stmt *stmt)
{
    ORDER_ROW_AUTO row = { 0 };
    ZY_TRY(order_row_read(stmt, &row));
    job->last = row.order.id;
    job->last_at = row.order.created_at;
    ZY_TRY(order_open(job->env, "content", row.order.id, zy_buf_view(&row.content_sealed), &row.content));
    (void)zy_json_str(row.content, "text", &row.order.text);
    zy_json *order = zy_json_object();
    put_order(job->call, &row, order);
    zy_json_push(job->orders, order);
    return ZY_OK;
}

static zy_status each_row(list_job *job, zy_stmt *rows, zy_status (*push)(list_job *, const zy_stmt *), zy_err *err)
{
    for (;;) {
        bool more = false;
        ZY_TRY(zy_stmt_next(rows, &more, err));
        if (!more)
            return ZY_OK;
        ZY_TRY(push(job, rows));
    }
}

static zy_status list_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    list_job *job = arg;
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    ZY_TRY(order_select_page(rtx, job->call->caller->customer, job->before, job->limit, &rows, err));
    return each_row(job, rows, push_own, err);
}

zy_status order_list_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const order_list_in *in = input;
    list_job job = { .call = call, .env = call->env, .before = { INT64_MAX }, .limit = in->limit != 0 ? in->limit : PAGE_DEFAULT,
                     .orders = zy_json_array() };
    zy_json_set(body, "orders", job.orders);
    zy_time at = { 0 };
    if (in->cursor.n > 0)
        ZY_TRY(zy_cursor_parse(in->cursor, &at, &job.before, err));
    ZY_TRY(zy_db_read(call->env->db, "order.list", list_read, &job, err));
    char cursor[ZY_CURSOR_MAX] = "";
    if ((int64_t)zy_json_count(job.orders) == job.limit)
        zy_cursor_write(job.last_at, job.last, cursor);
    zy_json_set_c(body, "cursor", cursor);
    return ZY_OK;
}

/* For the console: figures and states; what the customer reads in the order stays sealed. */
static zy_status push_masked(list_job *job, const zy_stmt *stmt)
{
    ORDER_ROW_AUTO row = { 0 };
    ZY_TRY(order_row_read(stmt, &row));
    const zy_order *o = &row.order;
    char digest[2 * ZY_SM3_BYTES + 1];
    zy_hex_encode(o->digest, sizeof o->digest, digest);
    job->last = o->id;
    zy_json *out = zy_json_object();
    zy_json_set_id(out, "order_id", o->id);
    zy_json_set_id(out, "customer_id", o->customer);
    zy_json_set_c(out, "kind", row.kind_name);
    zy_json_set_c(out, "state", zy_order_state_name(order_state_at(o, zy_env_now(job->env))));
    zy_json_set_c(out, "risk", row.risk);
    zy_json_set_int(out, "amount_fen", o->amount.fen);
    zy_json_set_int(out, "fee_fen", o->fee.fen);
    zy_json_set_id(out, "from_account_id", o->from_account);
    zy_json_set_id(out, "to_account_id", o->to_account);
    zy_json_set_int(out, "at", o->created_at.ms);
    zy_json_set_int(out, "done_at", o->done_at.ms);
    zy_json_set_id(out, "journal_id", o->journal);
    zy_json_set_id(out, "audit_id", o->audit);
    zy_json_set_c(out, "digest", digest);
    zy_json_push(job->orders, out);
    return ZY_OK;
}

zy_status zy_order_search(zy_rtx *rtx, zy_env *env, const zy_order_filter *filter, zy_json *ret_array, zy_id *ret_next, zy_err *err)
{
    if (filter->state.n != 0 && order_state_parse(filter->state) == 0)
        return zy_fail(err, ZY_BAD_FIELD, "state", "no such state");
    list_job job = { .env = env, .orders = ret_array };
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    ZY_TRY(order_select_search(rtx, filter, &rows, err));
    ZY_TRY(each_row(&job, rows, push_masked, err));
    *ret_next = (int)zy_json_count(ret_array) == filter->limit ? job.last : (zy_id){ 0 };
    return ZY_OK;
}

zy_status zy_order_figures(zy_rtx *rtx, zy_time since, zy_json *ret_array, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    ZY_TRY(order_select_figures(rtx, since, &rows, err));
    for (bool more = true;;) {
        ZY_TRY(zy_stmt_next(rows, &more, err));
        if (!more)
            return ZY_OK;
        zy_json *o = zy_json_object();
        zy_json_set_str(o, "state", zy_col_text(rows, 0));
        zy_json_set_int(o, "count", zy_col_int(rows, 1));
        zy_json_set_int(o, "amount_fen", zy_col_int(rows, 2));
        zy_json_push(ret_array, o);
    }
}

/* ---- tables ---- */

static const zy_field ID_FIELDS[] = { ZY_FIELD(order_id_in, order_id, ZY_F_ID, 1, 40) };
static const zy_field CHOOSE_FIELDS[] = {
    ZY_FIELD(order_choose_in, order_id, ZY_F_ID, 1, 40),
    ZY_FIELD(order_choose_in, factors, ZY_F_USER, 1, 80, .help = "one of factor_options"),
};
static const zy_field BEGIN_FIELDS[] = {
    ZY_FIELD(order_factor_in, order_id, ZY_F_ID, 1, 40),
    ZY_FIELD(order_factor_in, factor, ZY_F_CODE, 1, 20, .help = "the first of factors"),
};
static const zy_field PASSWORD_FIELDS[] = {
    ZY_FIELD(order_password_in, challenge_id, ZY_F_TOKEN, 1, 64),
    ZY_FIELD(order_password_in, cipher, ZY_F_BASE64, 100, 400, ZY_SENSITIVE),
};
static const zy_field TEXT_FIELD = { .name = "value", .type = ZY_F_PROOF, .offset = offsetof(order_verify_in, text), .min = 4,
                                     .max = 7000, .sensitive = true };
static const zy_field VERIFY_FIELDS[] = {
    ZY_FIELD(order_verify_in, order_id, ZY_F_ID, 1, 40),
    ZY_FIELD(order_verify_in, factor, ZY_F_CODE, 1, 20, .help = "the first of factors"),
    { .name = "value", .type = ZY_F_OBJECT, .offset = offsetof(order_verify_in, password), .sensitive = true,
      ZY_HAS(order_verify_in, has_password), .object = PASSWORD_FIELDS, .object_count = ZY_COUNT(PASSWORD_FIELDS),
      .or_text = &TEXT_FIELD, .help = "passwords: {challenge_id, cipher}; codes: the digits; signatures: base64; passkeys: base64 of"
              " {credential_id, client_data, authenticator_data, signature}; carrier: base64 of the token" },
};
static const zy_field CONFIRM_FIELDS[] = {
    ZY_FIELD(order_confirm_in, order_id, ZY_F_ID, 1, 40),
    ZY_FIELD(order_confirm_in, digest, ZY_F_HEX, 2 * ZY_SM3_BYTES, 2 * ZY_SM3_BYTES),
};
static const zy_field LIST_FIELDS[] = {
    ZY_FIELD(order_list_in, limit, ZY_F_INT, 1, 100, ZY_OPTIONAL),
    ZY_FIELD(order_list_in, cursor, ZY_F_CODE, 0, ZY_CURSOR_MAX - 1, ZY_OPTIONAL),
};

static const zy_out DISPLAY_OUTS[] = { ZY_OUT("label", ZY_O_STR), ZY_OUT("value", ZY_O_STR) };
/* from, to, payee and memo come masked from the kind */
static const zy_out RECEIPT_OUTS[] = {
    ZY_OUT("order_id", ZY_O_STR),   ZY_OUT("kind", ZY_O_STR),       ZY_OUT("at", ZY_O_INT),
    ZY_OUT("amount_fen", ZY_O_INT), ZY_OUT("fee_fen", ZY_O_INT),    ZY_OUT("from", ZY_O_STR, .optional = true),
    ZY_OUT("to", ZY_O_STR, .optional = true), ZY_OUT("payee", ZY_O_STR, .optional = true),
    ZY_OUT("bank", ZY_O_STR, .optional = true, .help = "the payee's, when it is another one"),
    ZY_OUT("arrives_at", ZY_O_INT, .optional = true, .help = "when held money leaves, if it is not cancelled before"),
    ZY_OUT("memo", ZY_O_STR, .optional = true), ZY_OUT("number", ZY_O_STR, .optional = true, .help = "of the account it was about, masked"),
    ZY_OUT("account_kind", ZY_O_STR, .optional = true), ZY_OUT("journal_id", ZY_O_STR), ZY_OUT("digest", ZY_O_STR),
};
static const zy_out ORDER_OUTS[] = {
    ZY_OUT("order_id", ZY_O_STR),   ZY_OUT("kind", ZY_O_STR),      ZY_OUT("state", ZY_O_STR),
    ZY_OUT("amount_fen", ZY_O_INT), ZY_OUT("fee_fen", ZY_O_INT),   ZY_OUT("at", ZY_O_INT),
    ZY_OUT("expires_at", ZY_O_INT), ZY_OUT("text", ZY_O_STR),      ZY_OUT("digest", ZY_O_STR),
    ZY_OUT("display", ZY_O_LIST, ZY_MEMBERS(DISPLAY_OUTS)),        ZY_OUT("factors", ZY_O_STRS),
    ZY_OUT("reason", ZY_O_STR, .optional = true, .help = "why it failed or came back: a status or an ISO 20022 code"),
    ZY_OUT("moved_at", ZY_O_INT, .optional = true, .help = "its last change of state behind the confirmation"),
    ZY_OUT("mandate_id", ZY_O_STR, .optional = true, .help = "the order that authorised this one beforehand"),
    ZY_OUT("receipt", ZY_O_OBJECT, ZY_MEMBERS(RECEIPT_OUTS), .optional = true),
};
static const zy_out BEGIN_OUTS[] = {
    ZY_OUT("phone", ZY_O_STR, .optional = true),
    ZY_OUT("challenge", ZY_O_STR, .optional = true, .help = "token: digits that are typed into it; passkey: what it signs, base64url"),
    ZY_OUT("serial_tail", ZY_O_STR, .optional = true, .help = "the last four of that token's serial"),
    ZY_OUT("rp_id", ZY_O_STR, .optional = true, .help = "passkey: the domain it belongs to"),
    ZY_OUT("credentials", ZY_O_STRS, .optional = true, .help = "passkey: the ids that may sign, base64url"),
    ZY_OUT("capture_id", ZY_O_STR, .optional = true, .help = "of a face challenge: where face.frame sends pictures; the factor's value"),
    ZY_OUT("actions", ZY_O_STRS, .optional = true, .help = "what is to be done in front of the camera, in this order"),
    ZY_OUT("frames", ZY_O_INT, .optional = true, .help = "pictures of each action"),
    ZY_OUT("frame_max", ZY_O_INT, .optional = true, .help = "bytes of a picture"),
    ZY_OUT("nonce", ZY_O_STR, .optional = true, .help = "carrier: what the phone asks its carrier with; the token is the factor's value"),
    ZY_OUT("page_url", ZY_O_STR, .optional = true, .help = "carrier: where a page asks; empty: an app asks by its own library"),
    ZY_OUT("expires_at", ZY_O_INT, .optional = true),
};
static const zy_out CHOOSE_OUTS[] = { ZY_OUT("factors", ZY_O_STRS, .help = "still needed") };
static const zy_out VERIFY_OUTS[] = { ZY_OUT("factors", ZY_O_STRS, .help = "still needed") };
static const zy_out CONFIRM_OUTS[] = { ZY_OUT("state", ZY_O_STR), ZY_OUT("receipt", ZY_O_OBJECT, ZY_MEMBERS(RECEIPT_OUTS)) };
static const zy_out LIST_OUTS[] = { ZY_OUT("orders", ZY_O_LIST, ZY_MEMBERS(ORDER_OUTS)), ZY_OUT("cursor", ZY_O_STR) };

const zy_out ZY_ORDER_PREPARED_OUTS[ZY_ORDER_PREPARED_OUT_COUNT] = {
    ZY_OUT("order_id", ZY_O_STR),
    ZY_OUT("text", ZY_O_STR, .help = "the canonical order; digest = lower-case hex SM3(text)"),
    ZY_OUT("digest", ZY_O_STR),
    ZY_OUT("display", ZY_O_LIST, ZY_MEMBERS(DISPLAY_OUTS)),
    ZY_OUT("fee_fen", ZY_O_INT),
    ZY_OUT("factors", ZY_O_STRS),
    ZY_OUT("factor_options", ZY_O_STRS, .help = "combinations to choose from: order.factors.choose"),
    ZY_OUT("risk", ZY_O_STR),
    ZY_OUT("notice", ZY_O_STR, .help = "a warning to show before the factors; may be empty"),
    ZY_OUT("expires_at", ZY_O_INT),
    ZY_OUT("flaw", ZY_O_STR, .optional = true, .help = "with PASSWORD_WEAK, where a new password is part of the order"),
};

#define ORDER_API .door = ZY_DOOR_CUSTOMER, .class = ZY_PRIVATE
const zy_api ZY_FLOW_APIS[] = {
    { .name = "order.factors.choose", ORDER_API, .per_minute = 20, .audited = true, .critical = true,
      .title = "Takes another combination of factors, before any was verified", ZY_FIELDS(order_choose_in, CHOOSE_FIELDS),
      ZY_OUTS(CHOOSE_OUTS), .run = order_factors_choose_run },
    { .name = "order.factor.begin", ORDER_API, .per_minute = 20, .audited = true, .critical = true,
      .title = "Begins a factor of an order: sends the text message", ZY_FIELDS(order_factor_in, BEGIN_FIELDS),
      ZY_OUTS(BEGIN_OUTS), .run = order_factor_begin_run },
    { .name = "order.factor.verify", ORDER_API, .per_minute = 30, .audited = true, .critical = true,
      .title = "Verifies a factor of an order", ZY_FIELDS(order_verify_in, VERIFY_FIELDS), ZY_OUTS(VERIFY_OUTS),
      .run = order_factor_verify_run },
    { .name = "order.confirm", ORDER_API, .per_minute = 60, .audited = true, .critical = true,
      .title = "Carries an order out, once; repeating it gives the same answer", ZY_FIELDS(order_confirm_in, CONFIRM_FIELDS),
      ZY_OUTS(CONFIRM_OUTS), .run = order_confirm_run },
    { .name = "order.cancel", ORDER_API, .per_minute = 30, .audited = true, .title = "Ends an order that was not carried out",
      ZY_FIELDS(order_id_in, ID_FIELDS), ZY_OUTS(ORDER_OUTS), .run = order_cancel_run },
    { .name = "order.get", ORDER_API, .per_minute = 120, .title = "An order as it stands", ZY_FIELDS(order_id_in, ID_FIELDS),
      ZY_OUTS(ORDER_OUTS), .run = order_get_run },
    { .name = "order.list", ORDER_API, .per_minute = 60, .title = "The customer's orders, newest first",
      ZY_FIELDS(order_list_in, LIST_FIELDS), ZY_OUTS(LIST_OUTS), .run = order_list_run },
};
const size_t ZY_FLOW_API_COUNT = ZY_COUNT(ZY_FLOW_APIS);
