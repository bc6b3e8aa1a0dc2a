/* The customer's view of his batches: one with its rows, and the list. */
#include <string.h>

#include "bank/batch/batch_internal.h"

#define PAGE_DEFAULT 20
#define ROWS_DEFAULT 100
#define ROWS_MAX     200

/* ---- as JSON ---- */

/* How the rows that were paid stand now: what left for another bank waits for its answer, and may come back. */
typedef struct standing {
    int64_t paid, pending, failed;
    zy_money paid_fen, pending_fen, failed_fen;
} standing;

static bool came_back(zy_order_state state)
{
    return state == ZY_OS_FAILED || state == ZY_OS_REVERSED;
}

static zy_status count_row(const zy_mandated_now *now, void *arg, zy_err *err)
{
    standing *s = arg;
    bool failed = came_back(now->state), pending = now->state == ZY_OS_PENDING;
    (void)err;
    *(failed ? &s->failed : pending ? &s->pending : &s->paid) += 1;
    (failed ? &s->failed_fen : pending ? &s->pending_fen : &s->paid_fen)->fen += now->amount.fen;
    return ZY_OK;
}

static zy_json *batch_json(const batch *b, const standing *s)
{
    char order[ZY_ID_TEXT_MAX] = "";
    zy_json *out = zy_json_object();
    if (b->order.v != 0)
        zy_id_format(b->order, order);
    zy_json_set_id(out, "batch_id", b->id);
    zy_json_set_id(out, "from_account_id", b->from_account);
    zy_json_set_c(out, "state", b->state);
    zy_json_set_c(out, "order_id", order);
    zy_json_set_int(out, "rows", b->row_count);
    zy_json_set_int(out, "bad", b->bad_count);
    zy_json_set_int(out, "paid", s->paid);
    zy_json_set_int(out, "paid_fen", s->paid_fen.fen);
    zy_json_set_int(out, "pending", s->pending);
    zy_json_set_int(out, "pending_fen", s->pending_fen.fen);
    zy_json_set_int(out, "failed", b->failed_count + s->failed);
    zy_json_set_int(out, "failed_fen", b->failed.fen + s->failed_fen.fen);
    zy_json_set_int(out, "created_at", b->created_at.ms);
    zy_json_set_int(out, "ended_at", b->ended_at.ms);
    return out;
}

static zy_json *row_json(const batch_row *r)
{
    char order[ZY_ID_TEXT_MAX] = "";
    zy_json *out = zy_json_object();
    if (r->order.v != 0)
        zy_id_format(r->order, order);
    zy_json_set_int(out, "row", r->seq);
    zy_json_set_c(out, "state", r->state);
    zy_json_set_c(out, "code", r->reason);
    zy_json_set_c(out, "field", r->field);
    zy_json_set_c(out, "to_name", r->to_name);
    zy_json_set_c(out, "to_account_no", r->to_number);
    zy_json_set_c(out, "to_bank", r->to_bank);
    zy_json_set_int(out, "amount_fen", r->amount.fen);
    zy_json_set_int(out, "fee_fen", r->fee.fen);
    zy_json_set_c(out, "order_id", order);
    return out;
}

/* ---- batch.get ---- */

typedef struct get_job {
    zy_call *call;
    const batch_get_in *in;
    int limit;
    batch b;
    standing now;
    struct {
        zy_order_state state;
        char reason[ZY_ORDER_REASON_MAX];
    } left[ROWS_MAX]; /* of this page: the orders of rows that were paid */
    zy_json *rows;
} get_job;

static zy_status take_order(const zy_mandated_now *now, void *arg, zy_err *err)
{
    get_job *job = arg;
    int64_t at = now->seq - job->in->after - 1;
    ZY_TRY(count_row(now, &job->now, err));
    if (at < 0 || at >= job->limit)
        return ZY_OK;
    job->left[at].state = now->state;
    return zy_str_copy(now->reason, job->left[at].reason, sizeof job->left[at].reason);
}

/* What has left says what has become of it since. */
static zy_status push_row(const batch_row *r, void *arg, zy_err *err)
{
    get_job *job = arg;
    zy_json *row = row_json(r);
    int64_t at = r->seq - job->in->after - 1;
    zy_order_state state = at >= 0 && at < job->limit ? job->left[at].state : 0;
    (void)err;
    if (state == ZY_OS_PENDING || came_back(state)) {
        zy_json_set_c(row, "state", came_back(state) ? "failed" : "pending");
        zy_json_set_c(row, "code", job->left[at].reason);
    }
    zy_json_push(job->rows, row);
    return ZY_OK;
}

static zy_status get_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    get_job *job = arg;
    ZY_TRY(batch_select(rtx, job->in->batch_id, job->call->caller->customer, &job->b, err));
    ZY_TRY(zy_order_each_mandated(rtx, job->b.order, take_order, job, err));
    return batch_rows_page(rtx, job->call->env, job->b.id, job->in->after, false, job->limit, push_row, job, err);
}

zy_status batch_get_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const batch_get_in *in = input;
    get_job job = { .call = call, .in = in, .limit = in->limit != 0 ? (int)in->limit : ROWS_DEFAULT, .rows = zy_json_array() };
    zy_json_set(body, "rows", job.rows);
    ZY_TRY(zy_db_read(call->env->db, "batch.get", get_read, &job, err));
    zy_json_set(body, "batch", batch_json(&job.b, &job.now));
    return ZY_OK;
}

/* ---- batch.list ---- */

typedef struct list_job {
    zy_call *call;
    zy_rtx *rtx;
    zy_id before;
    int limit;
    batch last;
    zy_json *list;
} list_job;

static zy_status push_batch(const batch *b, void *arg, zy_err *err)
{
    list_job *job = arg;
    standing now = { 0 };
    job->last = *b;
    ZY_TRY(zy_order_each_mandated(job->rtx, b->order, count_row, &now, err));
    zy_json_push(job->list, batch_json(b, &now));
    return ZY_OK;
}

static zy_status list_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    list_job *job = arg;
    job->rtx = rtx;
    return batch_page(rtx, job->call->caller->customer, job->before, job->limit, push_batch, job, err);
}

zy_status batch_list_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const batch_list_in *in = input;
    list_job job = { .call = call, .before = { INT64_MAX }, .limit = in->limit != 0 ? (int)in->limit : PAGE_DEFAULT, .list = zy_json_array() };
    zy_time at = { 0 };
    char cursor[ZY_CURSOR_MAX] = "";
    zy_json_set(body, "batches", job.list);
    if (in->cursor.n > 0)
        ZY_TRY(zy_cursor_parse(in->cursor, &at, &job.before, err));
    ZY_TRY(zy_db_read(call->env->db, "batch.list", list_read, &job, err));
    if ((int)zy_json_count(job.list) == job.limit)
        zy_cursor_write(job.last.created_at, job.last.id, cursor);
    zy_json_set_c(body, "cursor", cursor);
    return ZY_OK;
}

/* ---- tables ---- */

static const zy_field START_FIELDS[] = { ZY_FIELD(batch_start_in, from_account_id, ZY_F_ID, 1, 40) };
static const zy_field ROW_FIELDS[] = {
    ZY_FIELD(batch_row_in, to_name, ZY_F_NAME, 2, 60),
    ZY_FIELD(batch_row_in, to_account_no, ZY_F_CARD, 16, 19),
    ZY_FIELD(batch_row_in, to_bank, ZY_F_DIGITS, 12, 12, ZY_OPTIONAL, .help = "clearing code; without it: the bank whose card the number is"),
    ZY_FIELD(batch_row_in, amount_fen, ZY_F_MONEY, 1, 100000000),
    ZY_FIELD(batch_row_in, memo, ZY_F_TEXT, 0, 50, ZY_OPTIONAL),
};
static const zy_field ROWS_FIELDS[] = {
    ZY_FIELD(batch_rows_in, batch_id, ZY_F_ID, 1, 40),
    ZY_FIELD(batch_rows_in, first, ZY_F_INT, 1, BATCH_ROWS_MAX, .help = "number of the first of these rows; what stood there and behind is replaced"),
    ZY_FIELD(batch_rows_in, rows, ZY_F_LIST, 1, BATCH_PART_MAX, .object = ROW_FIELDS, .object_count = ZY_COUNT(ROW_FIELDS),
             .item_size = sizeof(batch_row_in)),
};
static const zy_field ID_FIELDS[] = { ZY_FIELD(batch_id_in, batch_id, ZY_F_ID, 1, 40) };
static const zy_field GET_FIELDS[] = {
    ZY_FIELD(batch_get_in, batch_id, ZY_F_ID, 1, 40),
    ZY_FIELD(batch_get_in, after, ZY_F_INT, 0, BATCH_ROWS_MAX, ZY_OPTIONAL, .help = "number of the last row that is known"),
    ZY_FIELD(batch_get_in, limit, ZY_F_INT, 1, ROWS_MAX, ZY_OPTIONAL),
};
static const zy_field LIST_FIELDS[] = {
    ZY_FIELD(batch_list_in, limit, ZY_F_INT, 1, 50, ZY_OPTIONAL),
    ZY_FIELD(batch_list_in, cursor, ZY_F_CODE, 0, ZY_CURSOR_MAX - 1, ZY_OPTIONAL),
};

static const zy_out START_OUTS[] = { ZY_OUT("batch_id", ZY_O_STR), ZY_OUT("rows_max", ZY_O_INT),
                                     ZY_OUT("part_max", ZY_O_INT, .help = "rows of one batch.rows") };
static const zy_out ERROR_OUTS[] = { ZY_OUT("row", ZY_O_INT), ZY_OUT("code", ZY_O_STR, .help = "name of a status"),
                                     ZY_OUT("field", ZY_O_STR, .help = "which one; may be empty") };
static const zy_out ROWS_OUTS[] = { ZY_OUT("rows", ZY_O_INT, .help = "so many it has now"),
                                    ZY_OUT("errors", ZY_O_LIST, ZY_MEMBERS(ERROR_OUTS), .help = "of the rows of this call; they must be replaced") };
static const zy_out BATCH_OUTS[] = {
    ZY_OUT("batch_id", ZY_O_STR), ZY_OUT("from_account_id", ZY_O_STR), ZY_OUT("state", ZY_O_STR, .help = "open, running, done"),
    ZY_OUT("order_id", ZY_O_STR, .help = "that confirmed it; empty: not yet"), ZY_OUT("rows", ZY_O_INT),
    ZY_OUT("bad", ZY_O_INT, .help = "rows that must be replaced first"), ZY_OUT("paid", ZY_O_INT), ZY_OUT("paid_fen", ZY_O_INT),
    ZY_OUT("pending", ZY_O_INT, .help = "left for other banks, which have not answered yet"), ZY_OUT("pending_fen", ZY_O_INT),
    ZY_OUT("failed", ZY_O_INT), ZY_OUT("failed_fen", ZY_O_INT), ZY_OUT("created_at", ZY_O_INT),
    ZY_OUT("ended_at", ZY_O_INT, .help = "0: not ended"),
};
static const zy_out ROW_OUTS[] = {
    ZY_OUT("row", ZY_O_INT), ZY_OUT("state", ZY_O_STR, .help = "ready, bad, paid, pending, failed"),
    ZY_OUT("code", ZY_O_STR, .help = "why it is bad or failed: name of a status, or the other bank's ISO 20022 reason; else empty"), ZY_OUT("field", ZY_O_STR),
    ZY_OUT("to_name", ZY_O_STR, .mask = ZY_M_NAME), ZY_OUT("to_account_no", ZY_O_STR, .mask = ZY_M_CARD), ZY_OUT("to_bank", ZY_O_STR),
    ZY_OUT("amount_fen", ZY_O_INT), ZY_OUT("fee_fen", ZY_O_INT, .help = "the most that it may cost"),
    ZY_OUT("order_id", ZY_O_STR, .help = "that paid it; empty: none"),
};
static const zy_out GET_OUTS[] = { ZY_OUT("batch", ZY_O_OBJECT, ZY_MEMBERS(BATCH_OUTS)), ZY_OUT("rows", ZY_O_LIST, ZY_MEMBERS(ROW_OUTS)) };
static const zy_out LIST_OUTS[] = { ZY_OUT("batches", ZY_O_LIST, ZY_MEMBERS(BATCH_OUTS)), ZY_OUT("cursor", ZY_O_STR) };

#define CUSTOMER_API .door = ZY_DOOR_CUSTOMER, .class = ZY_PROTECTED
const zy_api ZY_BATCH_APIS[] = {
    { .name = "batch.start", CUSTOMER_API, .per_minute = 5, .audited = true, .title = "Begins a batch of transfers from an own account",
      ZY_FIELDS(batch_start_in, START_FIELDS), ZY_OUTS(START_OUTS), .run = batch_start_run },
    { .name = "batch.rows", CUSTOMER_API, .per_minute = 30, .audited = true,
      .title = "Puts rows into a batch, each checked as a transfer of its own would be", ZY_FIELDS(batch_rows_in, ROWS_FIELDS),
      ZY_OUTS(ROWS_OUTS), .run = batch_rows_run },
    { .name = "batch.drop", CUSTOMER_API, .per_minute = 10, .audited = true, .title = "Drops a batch that was not confirmed",
      ZY_FIELDS(batch_id_in, ID_FIELDS), .run = batch_drop_run },
    { .name = "batch.prepare", .door = ZY_DOOR_CUSTOMER, .class = ZY_PRIVATE, .per_minute = 10, .idempotent = true, .audited = true,
      .critical = true, .title = "Prepares the order that confirms a batch", ZY_FIELDS(batch_id_in, ID_FIELDS),
      .outs = ZY_ORDER_PREPARED_OUTS, .out_count = ZY_ORDER_PREPARED_OUT_COUNT, .run = batch_prepare_run },
    { .name = "batch.get", CUSTOMER_API, .per_minute = 120, .title = "A batch and its rows, by their numbers", ZY_FIELDS(batch_get_in, GET_FIELDS),
      ZY_OUTS(GET_OUTS), .run = batch_get_run },
    { .name = "batch.list", CUSTOMER_API, .per_minute = 60, .title = "The customer's batches, newest first", ZY_FIELDS(batch_list_in, LIST_FIELDS),
      ZY_OUTS(LIST_OUTS), .run = batch_list_run },
};
const size_t ZY_BATCH_API_COUNT = ZY_COUNT(ZY_BATCH_APIS);
