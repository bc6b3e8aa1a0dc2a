/* Who works here: the page of the console, and the access review as CSV. Each look is recorded before it leaves. */
#include <stdlib.h>
#include <string.h>

#include "office/staff/staff_internal.h"
#include "service/audit/audit.h"

#define PAGE        20
#define REVIEW_PAGE 200

typedef struct list_job {
    zy_env *env;
    staff_filter filter;
    zy_id next;
    zy_json *people;
    zy_buf *csv;
} list_job;

/* Goes through a page; `take` gets each person. */
static zy_status each(zy_rtx *rtx, list_job *job, zy_status (*take)(zy_rtx *, list_job *, const staff_seen *, zy_err *),
                      zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    staff_seen *page = calloc((size_t)job->filter.limit, sizeof *page);
    if (page == NULL)
        return ZY_NO_MEMORY;
    int count = 0;
    zy_status status = staff_page(rtx, &job->filter, &rows, err);
    for (bool more = true; status == ZY_OK && count < job->filter.limit; count++) {
        status = zy_stmt_next(rows, &more, err);
        if (status != ZY_OK || !more)
            break;
        status = staff_page_row(rows, &page[count]);
    }
    for (int i = 0; i < count && status == ZY_OK; i++)
        status = take(rtx, job, &page[i], err);
    if (status == ZY_OK)
        job->next = count == job->filter.limit ? page[count - 1].staff.id : (zy_id){ 0 };
    zy_wipe(page, (size_t)job->filter.limit * sizeof *page);
    free(page);
    return status;
}

static const char *lock_word(staff_lock lock)
{
    static const char *const WORDS[] = { [STAFF_OPEN] = "", [STAFF_LOCKED] = "locked", [STAFF_BLOCKED] = "blocked" };
    return WORDS[lock];
}

/* --- the page --- */

static zy_status push(zy_rtx *rtx, list_job *job, const staff_seen *seen, zy_err *err)
{
    char name[64], phone[32];
    staff_lock lock;
    const staff_row *s = &seen->staff;
    ZY_TRY(staff_open_name(job->env, s, name, sizeof name));
    ZY_TRY(staff_open_phone(job->env, s, phone, sizeof phone));
    ZY_TRY(staff_tries_locked(rtx, job->env, s->user, zy_env_now(job->env), &lock, err));
    zy_json *o = zy_json_object();
    zy_json_push(job->people, o);
    zy_json_set_id(o, "staff_id", s->id);
    const struct {
        const char *key, *value;
    } texts[] = { { "user", s->user },     { "name", name },     { "staff_no", s->staff_no }, { "role", s->role },
                  { "branch", s->branch }, { "phone", phone },   { "state", s->state },       { "lock", lock_word(lock) },
                  { "last_address", s->login_address }, { "online_address", seen->session_address } };
    for (size_t i = 0; i < ZY_COUNT(texts); i++)
        zy_json_set_c(o, texts[i].key, texts[i].value);
    zy_json_set_bool(o, "enrolled", s->enrolled);
    zy_json_set_bool(o, "first_password", s->must_change);
    zy_json_set_bool(o, "online", seen->session.v != 0);
    zy_json_set_int(o, "online_since", seen->session_at.ms);
    zy_json_set_int(o, "last_login_at", s->login_at.ms);
    zy_json_set_int(o, "failed", s->failed);
    zy_json_set_int(o, "created_at", s->created_at.ms);
    zy_json_set_int(o, "password_changed_at", s->password_changed_at.ms);
    zy_wipe(phone, sizeof phone);
    return ZY_OK;
}

static zy_status list_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    return each(rtx, arg, push, err);
}

typedef struct look_job {
    const zy_call *call;
    const char *event;
    size_t count;
} look_job;

static zy_status look_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const look_job *job = arg;
    const zy_call *call = job->call;
    ZY_AUTO_BUF detail = { 0 };
    zy_buf_fmt(&detail, "{\"count\":%zu}", job->count);
    const zy_audit record = { .event = job->event, .actor_kind = "staff", .actor = call->caller->staff, .object_kind = "staff",
                              .address = call->caller->address, .trace = zy_str_of(call->trace), .result = ZY_STR("OK"),
                              .detail = zy_buf_view(&detail) };
    return zy_audit_add(tx, call->env, &record, NULL, err);
}

static zy_status read_cursor(zy_str cursor, zy_id *ret_before, zy_err *err)
{
    zy_time unused;
    return cursor.n > 0 ? zy_cursor_parse(cursor, &unused, ret_before, err) : ZY_OK;
}

static void set_cursor(zy_json *body, zy_id next)
{
    char cursor[ZY_CURSOR_MAX] = "";
    if (next.v != 0)
        zy_cursor_write((zy_time){ 0 }, next, cursor);
    zy_json_set_c(body, "cursor", cursor);
}

zy_status staff_list_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const staff_list_in *in = input;
    ZY_AUTO(zy_json_free) zy_json *people = zy_json_array();
    char user[64] = "";
    if (in->q.n > 0)
        ZY_TRY(staff_user_normal(in->q, user));
    list_job job = { .env = call->env, .people = people,
                     .filter = { .user = zy_str_of(user), .role = in->role, .state = in->state,
                                 .limit = in->limit != 0 ? (int)in->limit : PAGE } };
    ZY_TRY(read_cursor(in->cursor, &job.filter.before, err));
    ZY_TRY(zy_db_read(call->env->db, "staff.list", list_read, &job, err));
    look_job look = { call, "staff.staff_viewed", zy_json_count(people) };
    ZY_TRY(zy_db_run(call->env->db, "staff.looked", look_unit, &look, err));
    zy_json_set(body, "people", ZY_STEAL(people));
    set_cursor(body, job.next);
    return ZY_OK;
}

/* --- the review --- */

/* A cell in quotes; what a spreadsheet would take for a formula gets an apostrophe. */
static void cell(zy_buf *out, const char *text, bool last)
{
    zy_buf_char(out, '"');
    if (text[0] != '\0' && strchr("=+-@\t\r", text[0]) != NULL)
        zy_buf_char(out, '\'');
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"')
            zy_buf_char(out, '"');
        zy_buf_char(out, *c);
    }
    zy_buf_c(out, last ? "\"\r\n" : "\",");
}

static void time_text(zy_time t, char out[ZY_TIME_TEXT_MAX])
{
    out[0] = '\0';
    if (t.ms != 0)
        zy_time_format_short(t, out);
}

static zy_status write_line(zy_rtx *rtx, list_job *job, const staff_seen *seen, zy_err *err)
{
    const staff_row *s = &seen->staff;
    char name[64], created[ZY_TIME_TEXT_MAX], login[ZY_TIME_TEXT_MAX], password[ZY_TIME_TEXT_MAX];
    staff_lock lock;
    ZY_TRY(staff_open_name(job->env, s, name, sizeof name));
    ZY_TRY(staff_tries_locked(rtx, job->env, s->user, zy_env_now(job->env), &lock, err));
    time_text(s->created_at, created);
    time_text(s->login_at, login);
    time_text(s->password_changed_at, password);
    const char *const cells[] = { s->staff_no, s->user, name,  s->role,     s->branch,
                                  s->state,    lock_word(lock), s->enrolled ? "yes" : "no", created, login, password };
    for (size_t i = 0; i < ZY_COUNT(cells); i++)
        cell(job->csv, cells[i], i + 1 == ZY_COUNT(cells));
    return ZY_OK;
}

zy_status zy_staff_review(zy_rtx *rtx, zy_env *env, zy_id *before, zy_buf *csv, zy_err *err)
{
    list_job job = { .env = env, .csv = csv, .filter = { .before = *before, .limit = REVIEW_PAGE } };
    if (before->v == 0)
        zy_buf_c(csv, "staff_no,user,name,role,branch,state,lock,code_generator,created_at,last_login_at,password_changed_at\r\n");
    ZY_TRY(each(rtx, &job, write_line, err));
    *before = job.next;
    return ZY_OK;
}

typedef struct review_job {
    zy_env *env;
    zy_id before;
    zy_buf *csv;
} review_job;

static zy_status review_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    review_job *job = arg;
    return zy_staff_review(rtx, job->env, &job->before, job->csv, err);
}

static size_t lines_in(const zy_buf *csv)
{
    size_t lines = 0;
    for (size_t i = 0; i < csv->n; i++)
        lines += csv->p[i] == '\n';
    return lines;
}

zy_status staff_review_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const staff_review_in *in = input;
    ZY_AUTO_BUF csv = { 0 };
    review_job job = { .env = call->env, .csv = &csv };
    ZY_TRY(read_cursor(in->cursor, &job.before, err));
    bool first = job.before.v == 0;
    ZY_TRY(zy_db_read(call->env->db, "staff.review", review_read, &job, err));
    look_job look = { call, "staff.review_exported", lines_in(&csv) - first };
    ZY_TRY(zy_db_run(call->env->db, "staff.looked", look_unit, &look, err));
    zy_json_set_str(body, "csv", zy_buf_view(&csv));
    set_cursor(body, job.before);
    return ZY_OK;
}
