/* Statements of accounts and receipts of orders, as documents that can be checked. */
#include "bank/statement/statement.h"

#include <stdio.h>
#include <string.h>

#include "bank/account/account.h"
#include "flow/flow.h"
#include "service/document/document.h"
#include "service/identity/identity.h"
#include "service/ledger/ledger.h"
#include "service/param/param.h"

#define DAYS_MAX 366
#define PAGE     100

static const zy_param_row PARAMS[] = {
    { "statement.pdf_rows", 1000, 10, 2000, "rows", "PDF对账单最多明细数", "most entries of a PDF statement" },
    { "statement.csv_rows", 10000, 10, 20000, "rows", "CSV对账单最多明细数", "most entries of a CSV statement" },
};

void zy_statement_start(void)
{
    zy_param_register(PARAMS, ZY_COUNT(PARAMS));
}

static void set_line(zy_document_line *line, const char *label, const char *value)
{
    line->label = label;
    snprintf(line->value, sizeof line->value, "%s", value);
}

/* ---- statement.make ---- */

typedef struct statement_in {
    zy_id account_id;
    zy_day from, to;
    zy_str format;
} statement_in;
static const zy_field STATEMENT_FIELDS[] = {
    ZY_FIELD(statement_in, account_id, ZY_F_ID, 1, 40),
    ZY_FIELD(statement_in, from, ZY_F_DAY, 0, 0, .help = "first accounting day"),
    ZY_FIELD(statement_in, to, ZY_F_DAY, 0, 0, .help = "last accounting day, at most 366 days later"),
    ZY_FIELD(statement_in, format, ZY_F_ENUM, 1, 3, .choices = "pdf|csv"),
};

enum { COLUMNS = 5, LINES = 5 };
static const zy_document_column COLUMN[COLUMNS] = {
    { "时间", 0.22f, false }, { "摘要", 0.2f, false }, { "对方", 0.26f, false }, { "金额（元）", 0.16f, true }, { "余额（元）", 0.16f, true },
};

typedef struct statement_job {
    zy_call *call;
    const statement_in *in;
    zy_account own;
    zy_person person;
    zy_json *rows;
    zy_id last;
    int64_t rows_max;
} statement_job;

static void statement_job_free(statement_job *job)
{
    zy_wipe(&job->own, sizeof job->own);
    zy_person_wipe(&job->person);
    zy_json_free(job->rows);
}

static zy_status push_entry(const zy_entry *e, void *arg)
{
    statement_job *job = arg;
    char at[ZY_TIME_TEXT_MAX], amount[ZY_MONEY_TEXT_MAX], balance[ZY_MONEY_TEXT_MAX];
    zy_time_format_short(e->at, at);
    zy_money_format_grouped(e->amount, amount);
    zy_money_format_grouped(e->balance_after, balance);
    const zy_str cells[COLUMNS] = { zy_str_of(at), e->summary, e->counterparty, zy_str_of(amount), zy_str_of(balance) };
    zy_json *row = zy_json_array();
    for (int i = 0; i < COLUMNS; i++)
        zy_json_push(row, zy_json_new_str(cells[i]));
    zy_json_push(job->rows, row);
    job->last = e->posting;
    return ZY_OK;
}

static zy_status read_entries(zy_rtx *rtx, statement_job *job, zy_err *err)
{
    for (size_t before = 0;; before = zy_json_count(job->rows)) {
        const zy_entry_filter filter = { .account = job->in->account_id, .from = job->in->from, .to = job->in->to, .before = job->last,
                                         .limit = PAGE };
        ZY_TRY(zy_ledger_entries(rtx, &filter, push_entry, job, err));
        size_t now = zy_json_count(job->rows);
        if ((int64_t)now > job->rows_max)
            return zy_fail(err, ZY_STATEMENT_TOO_LONG, "from", "more entries than a statement holds");
        if (now - before < PAGE)
            return ZY_OK;
    }
}

/* One snapshot: a page does not slip while others post. */
static zy_status statement_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    statement_job *job = arg;
    zy_env *env = job->call->env;
    zy_id customer = job->call->caller->customer;
    zy_json_free(job->rows);
    job->rows = zy_json_array();
    job->last = (zy_id){ 0 };
    ZY_TRY(zy_account_own(rtx, env, customer, job->in->account_id, &job->own, err));
    ZY_TRY(zy_customer_person(rtx, env, customer, &job->person, err));
    return read_entries(rtx, job, err);
}

static zy_json *statement_facts(const statement_job *job, const char *number, const char *from, const char *to)
{
    zy_json *facts = zy_json_object();
    zy_json_set_c(facts, "number", number);
    zy_json_set_c(facts, "from", from);
    zy_json_set_c(facts, "to", to);
    zy_json_set_int(facts, "entries", (int64_t)zy_json_count(job->rows));
    return facts;
}

static zy_status make_statement(statement_job *job, zy_json *body, zy_err *err)
{
    char number[ZY_MASK_MAX], name[ZY_MASK_MAX], from[ZY_DAY_TEXT_MAX], to[ZY_DAY_TEXT_MAX], text[64], made[ZY_TIME_TEXT_MAX];
    zy_document_line lines[LINES];
    zy_mask_card(zy_str_of(job->own.number), number);
    zy_mask_name(zy_str_of(job->person.name), name);
    zy_day_format(job->in->from, from);
    zy_day_format(job->in->to, to);
    zy_time_format_short(job->call->now, made);
    set_line(&lines[0], "户名", name);
    set_line(&lines[1], "账号", number);
    snprintf(text, sizeof text, "%s 至 %s", from, to);
    set_line(&lines[2], "账期", text);
    snprintf(text, sizeof text, "%zu 笔", zy_json_count(job->rows));
    set_line(&lines[3], "明细", text);
    set_line(&lines[4], "制作时间", made);
    ZY_AUTO(zy_json_free) zy_json *facts = statement_facts(job, number, from, to);
    const zy_document document = { .kind = "statement", .title = "账户交易明细", .lines = lines, .line_count = LINES, .columns = COLUMN,
                                   .column_count = COLUMNS, .rows = job->rows, .facts = facts };
    return zy_document_make(job->call, &document, job->in->format, body, err);
}

static zy_status statement_make(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const statement_in *in = input;
    if (in->from.days > in->to.days || in->to.days - in->from.days > DAYS_MAX)
        return zy_fail(err, ZY_BAD_FIELD, "from", "not within %d days before `to`", DAYS_MAX);
    __attribute__((cleanup(statement_job_free))) statement_job job = {
        .call = call, .in = in,
        .rows_max = zy_param_get(call->env, zy_str_eq_c(in->format, "pdf") ? "statement.pdf_rows" : "statement.csv_rows"),
    };
    ZY_TRY(zy_db_read_snapshot(call->env->db, "statement.make", statement_read, &job, err));
    return make_statement(&job, body, err);
}

/* ---- order.receipt ---- */

typedef struct receipt_in {
    zy_id order_id;
} receipt_in;
static const zy_field RECEIPT_FIELDS[] = { ZY_FIELD(receipt_in, order_id, ZY_F_ID, 1, 40) };

enum { RECEIPT_LINES_MAX = 16 };
typedef struct receipt_lines {
    zy_document_line line[RECEIPT_LINES_MAX];
    size_t count;
} receipt_lines;

static void add_line(receipt_lines *l, const char *label, zy_str value)
{
    if (value.n == 0 || l->count == RECEIPT_LINES_MAX)
        return;
    char text[sizeof l->line[0].value] = "";
    if (zy_str_copy(zy_str_clip_utf8(value, sizeof text - 1), text, sizeof text) == ZY_OK)
        set_line(&l->line[l->count++], label, text);
}

static void add_money(receipt_lines *l, const char *label, const zy_json *receipt, const char *name)
{
    int64_t fen = 0;
    char yuan[ZY_MONEY_TEXT_MAX], text[ZY_MONEY_TEXT_MAX + 8];
    if (!zy_json_int(receipt, name, &fen) || fen == 0)
        return;
    zy_money_format_grouped((zy_money){ fen }, yuan);
    snprintf(text, sizeof text, "%s 元", yuan);
    add_line(l, label, zy_str_of(text));
}

static zy_str member(const zy_json *receipt, const char *name)
{
    zy_str value = { 0 };
    (void)zy_json_str(receipt, name, &value);
    return value;
}

/* Of the answer that confirmed it: masked there already. */
static void fill_lines(receipt_lines *l, const zy_order_facts *order, const zy_json *receipt)
{
    static const struct {
        const char *label, *name;
    } TEXTS[] = { { "付款账户", "from" }, { "收款账户", "to" }, { "收款人", "payee" }, { "附言", "memo" }, { "账户", "number" } };
    char at[ZY_TIME_TEXT_MAX];
    zy_time_format_short(order->at, at);
    add_line(l, "业务种类", zy_str_of(order->title_zh));
    add_line(l, "交易时间", zy_str_of(at));
    add_money(l, "金额", receipt, "amount_fen");
    add_money(l, "手续费", receipt, "fee_fen");
    for (size_t i = 0; i < ZY_COUNT(TEXTS); i++)
        add_line(l, TEXTS[i].label, member(receipt, TEXTS[i].name));
    add_line(l, "订单号", member(receipt, "order_id"));
    add_line(l, "流水号", member(receipt, "journal_id"));
    add_line(l, "交易摘要", member(receipt, "digest"));
}

static zy_status order_receipt(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const receipt_in *in = input;
    zy_order_facts order;
    receipt_lines lines = { .count = 0 };
    zy_json *receipt = NULL;
    ZY_TRY(zy_order_receipt(call, in->order_id, &order, &receipt, err));
    fill_lines(&lines, &order, receipt);
    zy_json_free(receipt);
    ZY_AUTO(zy_json_free) zy_json *facts = zy_json_object();
    zy_json_set_c(facts, "order_kind", order.kind);
    zy_json_set_int(facts, "amount_fen", order.amount.fen);
    zy_json_set_int(facts, "at", order.at.ms);
    const zy_document document = { .kind = "receipt", .title = "电子回单", .lines = lines.line, .line_count = lines.count, .facts = facts };
    return zy_document_make(call, &document, ZY_STR("pdf"), body, err);
}

#define MADE .outs = ZY_DOCUMENT_MADE_OUTS, .out_count = ZY_DOCUMENT_MADE_OUT_COUNT
const zy_api ZY_STATEMENT_APIS[] = {
    { .name = "statement.make", .door = ZY_DOOR_CUSTOMER, .class = ZY_PROTECTED, .per_minute = 5, .audited = true,
      .title = "Makes a sealed statement of an own account", ZY_FIELDS(statement_in, STATEMENT_FIELDS), MADE, .run = statement_make },
    { .name = "order.receipt", .door = ZY_DOOR_CUSTOMER, .class = ZY_PROTECTED, .per_minute = 10, .audited = true,
      .title = "Makes a sealed receipt of an own order that was carried out", ZY_FIELDS(receipt_in, RECEIPT_FIELDS), MADE,
      .run = order_receipt },
};
const size_t ZY_STATEMENT_API_COUNT = ZY_COUNT(ZY_STATEMENT_APIS);
