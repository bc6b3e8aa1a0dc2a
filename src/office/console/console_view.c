/* What the console shows. Personal data leaves masked, and every look at it is recorded before it leaves. */
#include "flow/flow.h"
#include "office/console/console_internal.h"
#include "office/staff/staff.h"
#include "service/audit/audit.h"
#include "service/identity/identity.h"
#include "service/param/param.h"

/* --- the record of a look --- */

typedef struct look_job {
    zy_call *call;
    const console_look *look;
    zy_str detail;
} look_job;

static zy_status look_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const look_job *job = arg;
    const zy_call *call = job->call;
    const zy_audit record = { .event = job->look->event, .actor_kind = "staff", .actor = call->caller->staff,
                              .object_kind = job->look->object_kind, .object = job->look->object,
                              .address = call->caller->address, .trace = zy_str_of(call->trace), .result = ZY_STR("OK"),
                              .detail = job->detail };
    return zy_audit_add(tx, call->env, &record, NULL, err);
}

zy_status console_looked(zy_call *call, const console_look *look, zy_err *err)
{
    ZY_AUTO(zy_json_free) zy_json *detail = zy_json_object();
    ZY_AUTO_BUF text = { 0 };
    zy_json_set_c(detail, "by", look->filter);
    zy_json_set_int(detail, "count", (int64_t)look->count);
    if (look->seen != NULL)
        zy_json_set(detail, "seen", zy_json_copy(look->seen));
    zy_json_write(detail, &text);
    look_job job = { call, look, zy_buf_view(&text) };
    return zy_db_run(call->env->db, "console.looked", look_unit, &job, err);
}

/* --- pages --- */

static int page_size(int64_t limit)
{
    return limit != 0 ? (int)limit : CONSOLE_PAGE;
}

static zy_status read_cursor(zy_str cursor, zy_id *ret_before, zy_err *err)
{
    zy_time unused;
    *ret_before = (zy_id){ 0 };
    return cursor.n > 0 ? zy_cursor_parse(cursor, &unused, ret_before, err) : ZY_OK;
}

/* Lists here are in the order of ids alone. */
static void set_cursor(zy_json *body, zy_id next)
{
    char cursor[ZY_CURSOR_MAX] = "";
    if (next.v != 0)
        zy_cursor_write((zy_time){ 0 }, next, cursor);
    zy_json_set_c(body, "cursor", cursor);
}

static zy_time from_of(bool has, zy_day day)
{
    return has ? zy_day_start(day) : (zy_time){ 0 };
}

/* The last day counts to its end. */
static zy_time to_of(bool has, zy_day day)
{
    return has ? zy_day_start((zy_day){ day.days + 1 }) : (zy_time){ 0 };
}

/* --- customers --- */

typedef struct customer_job {
    zy_env *env;
    const customer_search_in *in;
    zy_id before, next;
    zy_json *customers;
} customer_job;

static zy_status customer_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    customer_job *job = arg;
    return zy_customer_search(rtx, job->env, job->in->q, job->before, page_size(job->in->limit), job->customers, &job->next, err);
}

static zy_json *ids_of(const zy_json *list, const char *key)
{
    zy_json *ids = zy_json_array();
    zy_str id;
    for (size_t i = 0; i < zy_json_count(list); i++)
        if (zy_json_str(zy_json_at(list, i), key, &id))
            zy_json_push(ids, zy_json_new_str(id));
    return ids;
}

/* One customer is the record's object, so that the looks at a customer can be searched. */
static zy_status record_customers(zy_call *call, const customer_job *job, zy_err *err)
{
    size_t count = zy_json_count(job->customers);
    ZY_AUTO(zy_json_free) zy_json *seen = ids_of(job->customers, "customer_id");
    console_look look = { .event = "staff.customer_viewed", .object_kind = "customer",
                          .filter = job->in->q.n > 0 ? "exact" : "list", .count = count, .seen = seen };
    zy_str id;
    if (count == 1 && zy_json_as_str(zy_json_at(seen, 0), &id))
        ZY_TRY(zy_id_parse(id, &look.object));
    return console_looked(call, &look, err);
}

zy_status console_customer_search(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    customer_job job = { .env = call->env, .in = input, .customers = zy_json_array() };
    ZY_AUTO(zy_json_free) zy_json *customers = job.customers;
    ZY_TRY(read_cursor(job.in->cursor, &job.before, err));
    ZY_TRY(zy_db_read(call->env->db, "console.customers", customer_read, &job, err));
    ZY_TRY(record_customers(call, &job, err));
    zy_json_set(body, "customers", ZY_STEAL(customers));
    set_cursor(body, job.next);
    return ZY_OK;
}

/* --- orders --- */

typedef struct order_job {
    zy_env *env;
    zy_order_filter filter;
    zy_id next;
    zy_json *orders;
} order_job;

static zy_status order_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    order_job *job = arg;
    return zy_order_search(rtx, job->env, &job->filter, job->orders, &job->next, err);
}

zy_status console_order_search(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const order_search_in *in = input;
    ZY_AUTO(zy_json_free) zy_json *orders = zy_json_array();
    order_job job = { .env = call->env, .orders = orders,
                      .filter = { .customer = in->customer_id, .state = in->state, .from = from_of(in->has_from, in->from),
                                  .to = to_of(in->has_to, in->to), .limit = page_size(in->limit) } };
    ZY_TRY(read_cursor(in->cursor, &job.filter.before, err));
    ZY_TRY(zy_db_read(call->env->db, "console.orders", order_read, &job, err));
    const console_look look = { .event = "staff.orders_viewed", .object_kind = in->has_customer ? "customer" : "",
                                .object = in->customer_id, .filter = in->has_customer ? "customer" : "list",
                                .count = zy_json_count(orders) };
    ZY_TRY(console_looked(call, &look, err));
    zy_json_set(body, "orders", ZY_STEAL(orders));
    set_cursor(body, job.next);
    return ZY_OK;
}

/* --- audit --- */

static zy_status add_name(zy_rtx *rtx, zy_env *env, zy_json *row, const console_names *n, zy_err *err)
{
    char name[64] = "";
    zy_str text, kind;
    zy_id id;
    bool wanted = n->only_kind == NULL || (zy_json_str(row, "actor_kind", &kind) && zy_str_eq_c(kind, n->only_kind));
    if (wanted && zy_json_str(row, n->id_key, &text) && zy_id_parse(text, &id) == ZY_OK)
        ZY_TRY(zy_staff_name(rtx, env, id, name, sizeof name, err));
    zy_json_set_c(row, n->name_key, name);
    return ZY_OK;
}

zy_status console_add_names(zy_rtx *rtx, zy_env *env, const zy_json *list, const console_names *names, size_t count,
                            zy_json *ret_array, zy_err *err)
{
    for (size_t i = 0; i < zy_json_count(list); i++) {
        zy_json *row = zy_json_copy(zy_json_at(list, i));
        zy_json_push(ret_array, row);
        for (size_t k = 0; k < count; k++)
            ZY_TRY(add_name(rtx, env, row, &names[k], err));
    }
    return ZY_OK;
}

typedef struct audit_job {
    zy_env *env;
    zy_audit_filter filter;
    zy_id next;
    zy_json *records;
} audit_job;

static zy_status audit_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    static const console_names NAMES[] = { { "actor", "actor_name", "staff" } };
    audit_job *job = arg;
    ZY_AUTO(zy_json_free) zy_json *found = zy_json_array();
    ZY_TRY(zy_audit_search(rtx, &job->filter, found, &job->next, err));
    return console_add_names(rtx, job->env, found, NAMES, ZY_COUNT(NAMES), job->records, err);
}

zy_status console_audit_search(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const audit_search_in *in = input;
    ZY_AUTO(zy_json_free) zy_json *records = zy_json_array();
    audit_job job = { .env = call->env, .records = records,
                      .filter = { .event_prefix = in->event, .actor_kind = in->actor_kind, .actor = in->actor,
                                  .object = in->object, .from = from_of(in->has_from, in->from),
                                  .to = to_of(in->has_to, in->to), .limit = page_size(in->limit) } };
    ZY_TRY(read_cursor(in->cursor, &job.filter.before, err));
    ZY_TRY(zy_db_read(call->env->db, "console.audit", audit_read, &job, err));
    const console_look look = { .event = "staff.audit_viewed", .object_kind = "", .filter = "list",
                                .count = zy_json_count(records) };
    ZY_TRY(console_looked(call, &look, err));
    zy_json_set(body, "records", ZY_STEAL(records));
    set_cursor(body, job.next);
    return ZY_OK;
}

/* --- overview --- */

typedef struct overview_job {
    zy_time now, since;
    int64_t customers, logins, waiting;
    zy_json *states;
} overview_job;

static zy_status overview_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    overview_job *job = arg;
    ZY_TRY(zy_identity_figures(rtx, job->since, &job->customers, &job->logins, err));
    ZY_TRY(zy_approval_waiting(rtx, job->now, &job->waiting, err));
    return zy_order_figures(rtx, job->since, job->states, err);
}

static int64_t sum_of(const zy_json *states, const char *key, bool posted_only)
{
    int64_t sum = 0, value = 0;
    zy_str state;
    for (size_t i = 0; i < zy_json_count(states); i++) {
        const zy_json *row = zy_json_at(states, i);
        bool counts = zy_json_str(row, "state", &state) &&
                      (!posted_only || zy_str_eq_c(state, "posted") || zy_str_eq_c(state, "settled"));
        if (counts && zy_json_int(row, key, &value))
            sum += value;
    }
    return sum;
}

static int64_t closed_count(zy_env *env)
{
    int64_t count = 0;
    zy_api_registry *r = console_registry();
    for (size_t i = 0; i < zy_registry_count(r); i++)
        count += zy_switch_closed(env, zy_registry_at(r, i)->name);
    return count;
}

zy_status console_overview(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    (void)input;
    ZY_AUTO(zy_json_free) zy_json *states = zy_json_array();
    overview_job job = { .now = call->now, .since = zy_day_start(zy_day_of(call->now)), .states = states };
    ZY_TRY(zy_db_read(call->env->db, "console.overview", overview_read, &job, err));
    zy_json_set_int(body, "at", call->now.ms);
    zy_json_set_int(body, "customers", job.customers);
    zy_json_set_int(body, "logins_today", job.logins);
    zy_json_set_int(body, "orders_today", sum_of(states, "count", false));
    zy_json_set_int(body, "orders_posted_today", sum_of(states, "count", true));
    zy_json_set_int(body, "amount_today_fen", sum_of(states, "amount_fen", true));
    zy_json_set_int(body, "approvals_waiting", job.waiting);
    zy_json_set_int(body, "apis_closed", closed_count(call->env));
    zy_json_set(body, "orders_by_state", ZY_STEAL(states));
    return ZY_OK;
}
