/* Queueing and delivering messages to the outside. */
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/json.h"
#include "base/log.h"
#include "service/outbox/outbox_repo.h"

#define BATCH         32
#define TRIES_MAX     10
#define LEASE         ZY_SECONDS(60) /* longer than any connector's timeout */
#define BACK_OFF_MAX  ZY_MINUTES(5)
#define POLL_MS       1000

static zy_cell payload_cell(zy_id id)
{
    return (zy_cell){ "outbox", "payload", id };
}

zy_status zy_outbox_sms(zy_tx *tx, zy_env *env, zy_str phone, zy_str text, const char *purpose, zy_time expires_at,
                        zy_err *err)
{
    zy_id id = zy_id_next(env->ids);
    ZY_AUTO(zy_json_free) zy_json *message = zy_json_object();
    zy_json_set_str(message, "phone", phone);
    zy_json_set_str(message, "text", text);
    ZY_AUTO_SECRET_BUF plain = { 0 };
    ZY_AUTO_BUF sealed = { 0 };
    zy_json_write(message, &plain);
    ZY_TRY(zy_keys_seal(env->keys, ZY_KEY_FIELD, payload_cell(id), plain.p, plain.n, &sealed));
    return outbox_insert(tx, id, "sms", purpose, zy_buf_view(&sealed), zy_env_now(env), expires_at, err);
}

typedef struct batch {
    zy_env *env;
    zy_time now;
    outbox_row rows[BATCH];
    int count;
} batch;

static void batch_free(batch *b)
{
    for (int i = 0; i < BATCH; i++)
        zy_buf_free(&b->rows[i].payload);
}

static zy_status claim(zy_tx *tx, void *arg, zy_err *err)
{
    batch *b = arg;
    b->now = zy_env_now(b->env);
    ZY_TRY(outbox_due(tx, b->now, BATCH, b->rows, &b->count, err));
    for (int i = 0; i < b->count; i++)
        ZY_TRY(outbox_lease(tx, b->rows[i].id, zy_time_add(b->now, LEASE), err));
    return ZY_OK;
}

static zy_status deliver(zy_env *env, const outbox_row *row, zy_time now, zy_err *err)
{
    ZY_AUTO_SECRET_BUF plain = { 0 };
    ZY_TRY(zy_keys_open_cell(env->keys, ZY_KEY_FIELD, payload_cell(row->id), row->payload.p, row->payload.n, &plain));
    ZY_AUTO(zy_json_free) zy_json *message = NULL;
    zy_str phone, text;
    if (zy_json_parse(zy_buf_view(&plain), &message) != ZY_OK || !zy_json_str(message, "phone", &phone) ||
        !zy_json_str(message, "text", &text))
        return zy_fail(err, ZY_BAD_FIELD, NULL, "an outbox row that is not a message");
    return zy_sms_send(env->sms, phone, text, now, err);
}

typedef struct outcome {
    const outbox_row *row;
    const char *state; /* NULL: try again at due_at */
    zy_time now, due_at;
    const char *error;
} outcome;

static zy_status record(zy_tx *tx, void *arg, zy_err *err)
{
    const outcome *o = arg;
    if (o->state != NULL)
        return outbox_done(tx, o->row->id, o->state, o->now, o->error, err);
    return outbox_retry(tx, o->row->id, o->due_at, o->error, err);
}

static zy_dur back_off(int64_t tries)
{
    zy_dur wait = ZY_SECONDS(INT64_C(1) << (tries < 9 ? tries : 9));
    return wait.ms < BACK_OFF_MAX.ms ? wait : BACK_OFF_MAX;
}

static zy_status deliver_row(zy_env *env, const outbox_row *row, zy_time now, bool *ret_sent, zy_err *err)
{
    outcome o = { .row = row, .now = now, .error = "" };
    *ret_sent = false;
    if (row->expires_at.ms != 0 && row->expires_at.ms <= now.ms) {
        o.state = "expired";
        return zy_db_run(env->db, "outbox.expired", record, &o, err);
    }
    zy_err why = { 0 };
    zy_status status = deliver(env, row, now, &why);
    *ret_sent = status == ZY_OK;
    o.error = status == ZY_OK ? "" : zy_status_name(status);
    if (status == ZY_OK)
        o.state = "sent";
    else if (status != ZY_CONNECTOR_FAILED || row->tries + 1 >= TRIES_MAX)
        o.state = "dead";
    o.due_at = zy_time_add(now, back_off(row->tries));
    if (o.state != NULL && status != ZY_OK)
        zy_log_err("outbox.dead", &why);
    return zy_db_run(env->db, "outbox.delivered", record, &o, err);
}

zy_status zy_outbox_run_once(zy_env *env, int *ret_sent, zy_err *err)
{
    batch b = { .env = env };
    zy_status status = zy_db_run(env->db, "outbox.claim", claim, &b, err);
    *ret_sent = 0;
    for (int i = 0; status == ZY_OK && i < b.count; i++) {
        bool sent = false;
        status = deliver_row(env, &b.rows[i], b.now, &sent, err);
        *ret_sent += sent;
    }
    batch_free(&b);
    return status;
}

/* One dispatcher a process; zy_outbox_poke reaches it without a handle. */
struct zy_outbox {
    zy_env *env;
    pthread_t thread;
    bool stopping;
};
static pthread_mutex_t wake_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static bool poked;

void zy_outbox_poke(void)
{
    pthread_mutex_lock(&wake_lock);
    poked = true;
    pthread_cond_broadcast(&wake);
    pthread_mutex_unlock(&wake_lock);
}

static bool wait_for_work(zy_outbox *o)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += POLL_MS / 1000;
    pthread_mutex_lock(&wake_lock);
    if (!poked && !o->stopping)
        pthread_cond_timedwait(&wake, &wake_lock, &until);
    poked = false;
    bool go_on = !o->stopping;
    pthread_mutex_unlock(&wake_lock);
    return go_on;
}

static void *run(void *arg)
{
    zy_outbox *o = arg;
    while (wait_for_work(o)) {
        zy_err err = { 0 };
        int sent = 0;
        if (zy_outbox_run_once(o->env, &sent, &err) != ZY_OK)
            zy_log_err("outbox.failed", &err);
        else if (sent == BATCH)
            zy_outbox_poke();
    }
    return NULL;
}

zy_status zy_outbox_start(zy_env *env, zy_outbox **ret_outbox, zy_err *err)
{
    zy_outbox *o = calloc(1, sizeof *o);
    if (o == NULL)
        return ZY_NO_MEMORY;
    o->env = env;
    if (pthread_create(&o->thread, NULL, run, o) != 0) {
        free(o);
        return zy_fail(err, ZY_NO_MEMORY, NULL, "no thread for the outbox");
    }
    *ret_outbox = o;
    return ZY_OK;
}

void zy_outbox_stop(zy_outbox *o)
{
    if (o == NULL)
        return;
    pthread_mutex_lock(&wake_lock);
    o->stopping = true;
    pthread_cond_broadcast(&wake);
    pthread_mutex_unlock(&wake_lock);
    pthread_join(o->thread, NULL);
    free(o);
}
