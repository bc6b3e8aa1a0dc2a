/* The customer's message centre. */
#include "service/notify/notify_repo.h"

#define PAGE_DEFAULT 20

static zy_cell content_cell(zy_id id)
{
    return (zy_cell){ "message", "content", id };
}

zy_status zy_notify_add(zy_tx *tx, zy_env *env, zy_id customer, const char *kind, zy_str title, zy_str text, zy_err *err)
{
    zy_id id = zy_id_next(env->ids);
    ZY_AUTO(zy_json_free) zy_json *content = zy_json_object();
    zy_json_set_str(content, "title", title);
    zy_json_set_str(content, "text", text);
    ZY_AUTO_SECRET_BUF plain = { 0 };
    ZY_AUTO_BUF sealed = { 0 };
    zy_json_write(content, &plain);
    ZY_TRY(zy_keys_seal(env->keys, ZY_KEY_FIELD, content_cell(id), plain.p, plain.n, &sealed));
    return message_insert(tx, id, customer, zy_env_now(env), kind, zy_buf_view(&sealed), err);
}

typedef struct list_in {
    int64_t limit;
    zy_str cursor;
} list_in;
static const zy_field LIST_FIELDS[] = {
    ZY_FIELD(list_in, limit, ZY_F_INT, 1, 100, ZY_OPTIONAL),
    ZY_FIELD(list_in, cursor, ZY_F_CODE, 0, ZY_CURSOR_MAX - 1, ZY_OPTIONAL),
};
static const zy_out MESSAGE_OUTS[] = {
    ZY_OUT("message_id", ZY_O_STR), ZY_OUT("at", ZY_O_INT), ZY_OUT("kind", ZY_O_STR),
    ZY_OUT("title", ZY_O_STR), ZY_OUT("text", ZY_O_STR), ZY_OUT("read", ZY_O_BOOL),
};
static const zy_out LIST_OUTS[] = {
    ZY_OUT("messages", ZY_O_LIST, ZY_MEMBERS(MESSAGE_OUTS)),
    ZY_OUT("unread", ZY_O_INT),
    ZY_OUT("cursor", ZY_O_STR),
};

typedef struct list_job {
    zy_call *call;
    zy_id before;
    int64_t limit, unread;
    zy_json *messages;
    zy_id last;
    zy_time last_at;
} list_job;

static zy_status open_content(zy_env *env, zy_id id, zy_str sealed, zy_json *message)
{
    ZY_AUTO_SECRET_BUF plain = { 0 };
    ZY_TRY(zy_keys_open_cell(env->keys, ZY_KEY_FIELD, content_cell(id), sealed.p, sealed.n, &plain));
    ZY_AUTO(zy_json_free) zy_json *content = NULL;
    ZY_TRY(zy_json_parse(zy_buf_view(&plain), &content));
    zy_str title = { 0 }, text = { 0 };
    (void)zy_json_str(content, "title", &title);
    (void)zy_json_str(content, "text", &text);
    zy_json_set_str(message, "title", title);
    zy_json_set_str(message, "text", text);
    return ZY_OK;
}

static zy_status push_message(list_job *job, const zy_stmt *row)
{
    job->last = zy_col_id(row, 0);
    job->last_at = zy_col_time(row, 1);
    zy_json *message = zy_json_object();
    zy_json_push(job->messages, message);
    zy_json_set_id(message, "message_id", job->last);
    zy_json_set_int(message, "at", job->last_at.ms);
    zy_json_set_str(message, "kind", zy_col_text(row, 2));
    zy_json_set_bool(message, "read", zy_col_int(row, 4) != 0);
    return open_content(job->call->env, job->last, zy_col_blob(row, 3), message);
}

static zy_status read_page(zy_rtx *rtx, void *arg, zy_err *err)
{
    list_job *job = arg;
    ZY_TRY(message_unread(rtx, job->call->caller->customer, &job->unread, err));
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    ZY_TRY(message_page(rtx, job->call->caller->customer, job->before, job->limit, &rows, err));
    for (;;) {
        bool more = false;
        ZY_TRY(zy_stmt_next(rows, &more, err));
        if (!more)
            return ZY_OK;
        ZY_TRY(push_message(job, rows));
    }
}

static zy_status message_list(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const list_in *in = input;
    list_job job = { .call = call, .before = { INT64_MAX }, .limit = in->limit ? in->limit : PAGE_DEFAULT };
    zy_time at = { 0 };
    if (in->cursor.n > 0)
        ZY_TRY(zy_cursor_parse(in->cursor, &at, &job.before, err));
    job.messages = zy_json_array();
    zy_json_set(body, "messages", job.messages);
    ZY_TRY(zy_db_read(call->env->db, "message.list", read_page, &job, err));
    char cursor[ZY_CURSOR_MAX] = "";
    if ((int64_t)zy_json_count(job.messages) == job.limit)
        zy_cursor_write(job.last_at, job.last, cursor);
    zy_json_set_int(body, "unread", job.unread);
    zy_json_set_c(body, "cursor", cursor);
    return ZY_OK;
}

typedef struct read_in {
    zy_id message_id;
} read_in;
static const zy_field READ_FIELDS[] = { ZY_FIELD(read_in, message_id, ZY_F_ID, 1, 40) };

typedef struct read_job {
    zy_call *call;
    zy_id message;
} read_job;

static zy_status mark_read(zy_tx *tx, void *arg, zy_err *err)
{
    read_job *job = arg;
    return message_mark_read(tx, job->call->caller->customer, job->message, job->call->now, err);
}

static zy_status message_read(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const read_in *in = input;
    (void)body;
    read_job job = { call, in->message_id };
    return zy_db_run(call->env->db, "message.read", mark_read, &job, err);
}

const zy_api ZY_NOTIFY_APIS[] = {
    { .name = "message.list", .door = ZY_DOOR_CUSTOMER, .class = ZY_PROTECTED, .per_minute = 60,
      .title = "The customer's messages, newest first", ZY_FIELDS(list_in, LIST_FIELDS), ZY_OUTS(LIST_OUTS),
      .run = message_list },
    { .name = "message.read", .door = ZY_DOOR_CUSTOMER, .class = ZY_PROTECTED, .per_minute = 120,
      .title = "Marks one message as read", ZY_FIELDS(read_in, READ_FIELDS), .run = message_read },
};
const size_t ZY_NOTIFY_API_COUNT = ZY_COUNT(ZY_NOTIFY_APIS);
