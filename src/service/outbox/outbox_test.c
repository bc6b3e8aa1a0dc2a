/* Messages outward: written with the deed, delivered at least once, never shown in the database. */
#include <stdio.h>
#include <stdlib.h>

#include "connector/sms.h"
#include "service/outbox/outbox.h"
#include "zy_test.h"
#include "zy_test_db.h"
#include "zy_test_env.h"

static zy_env *env;
#define PHONE ZY_STR("13800000001")

static int set_up(void **state)
{
    (void)state;
    return zy_test_env_open(&env) == ZY_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    zy_test_env_close(env);
    return 0;
}

typedef struct text_job {
    const char *text;
    zy_time expires_at;
    bool fail;
} text_job;

static zy_status queue_text(zy_tx *tx, void *arg, zy_err *err)
{
    const text_job *job = arg;
    ZY_TRY(zy_outbox_sms(tx, env, PHONE, zy_str_of(job->text), "notice", job->expires_at, err));
    return job->fail ? zy_fail(err, ZY_BALANCE_TOO_LOW, NULL, "on purpose") : ZY_OK;
}

static zy_status queue(const char *text, int64_t expires_ms, bool fail)
{
    zy_err err = { 0 };
    text_job job = { text, { expires_ms }, fail };
    return zy_db_run(env->db, "test.queue", queue_text, &job, &err);
}

static int run_once(void)
{
    zy_err err = { 0 };
    int sent = 0;
    ASSERT_OK(zy_outbox_run_once(env, &sent, &err));
    return sent;
}

static zy_status newest(zy_buf *ret_text)
{
    zy_time at;
    return zy_mailbox_newest(zy_config_text(env->config, "sms.mailbox").p, PHONE, &at, ret_text);
}

static zy_status count_waiting(zy_rtx *rtx, void *arg, zy_err *err)
{
    static const zy_sql SQL = { "test.waiting", "SELECT count(*) FROM outbox WHERE state = $1", 1, NULL };
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL, ZY_ARGS(ZY_TC(*(const char **)arg)), &stmt, err));
    assert_int_equal(zy_col_int(stmt, 0), 1);
    return ZY_OK;
}

static void assert_one_in_state(const char *state)
{
    zy_err err = { 0 };
    ASSERT_OK(zy_db_read(env->db, "test.count", count_waiting, &state, &err));
}

static void a_queued_text_is_delivered_once(void **state)
{
    (void)state;
    ZY_AUTO_BUF text = { 0 };
    ASSERT_OK(queue("您好", 0, false));
    assert_int_equal(run_once(), 1);
    ASSERT_OK(newest(&text));
    ASSERT_STR(zy_buf_view(&text), "您好");
    assert_int_equal(run_once(), 0);
    assert_one_in_state("sent");
}

static void a_deed_that_fails_sends_nothing(void **state)
{
    (void)state;
    ZY_AUTO_BUF text = { 0 };
    ASSERT_STATUS(queue("不应发送", 0, true), ZY_BALANCE_TOO_LOW);
    assert_int_equal(run_once(), 0);
    ASSERT_STATUS(newest(&text), ZY_NOT_FOUND);
}

static void a_text_past_its_time_is_not_sent(void **state)
{
    (void)state;
    ASSERT_OK(queue("过期", zy_env_now(env).ms + 1000, false));
    zy_clock_fake_turn(zy_test_env_clock(env), ZY_SECONDS(1));
    assert_int_equal(run_once(), 0);
    assert_one_in_state("expired");
}

/* The mailbox's file cannot be written: the carrier fails, and works again later. */
static void a_failing_carrier_is_tried_again_later(void **state)
{
    (void)state;
    char blocker[512];
    ZY_AUTO_BUF text = { 0 };
    snprintf(blocker, sizeof blocker, "mkdir '%s'", zy_config_text(env->config, "sms.mailbox").p);
    assert_int_equal(system(blocker), 0);
    ASSERT_OK(queue("稍后送达", 0, false));
    assert_int_equal(run_once(), 0);
    assert_one_in_state("waiting");
    assert_int_equal(run_once(), 0); /* not due yet */
    snprintf(blocker, sizeof blocker, "rmdir '%s'", zy_config_text(env->config, "sms.mailbox").p);
    assert_int_equal(system(blocker), 0);
    zy_clock_fake_turn(zy_test_env_clock(env), ZY_MINUTES(2));
    assert_int_equal(run_once(), 1);
    ASSERT_OK(newest(&text));
}

static void a_text_that_never_goes_ends_as_a_dead_letter(void **state)
{
    (void)state;
    char blocker[512];
    snprintf(blocker, sizeof blocker, "mkdir '%s'", zy_config_text(env->config, "sms.mailbox").p);
    assert_int_equal(system(blocker), 0);
    ASSERT_OK(queue("永远失败", 0, false));
    for (int tries = 0; tries < 10; tries++) {
        assert_int_equal(run_once(), 0);
        zy_clock_fake_turn(zy_test_env_clock(env), ZY_MINUTES(10));
    }
    assert_one_in_state("dead");
}

static zy_status payload_hides(zy_rtx *rtx, void *arg, zy_err *err)
{
    static const zy_sql SQL = { "test.payload", "SELECT payload FROM outbox", 0, NULL };
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    (void)arg;
    ZY_TRY(zy_query_one(rtx, &SQL, ZY_NO_ARGS, &stmt, err));
    zy_str payload = zy_col_blob(stmt, 0);
    assert_null(memmem(payload.p, payload.n, "13800000001", 11));
    assert_null(memmem(payload.p, payload.n, "secret-code", 11));
    return ZY_OK;
}

static void phone_and_text_are_sealed_in_the_database(void **state)
{
    (void)state;
    zy_err err = { 0 };
    ASSERT_OK(queue("secret-code", 0, false));
    ASSERT_OK(zy_db_read(env->db, "test.payload", payload_hides, NULL, &err));
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_queued_text_is_delivered_once),
        T(a_deed_that_fails_sends_nothing),
        T(a_text_past_its_time_is_not_sent),
        T(a_failing_carrier_is_tried_again_later),
        T(a_text_that_never_goes_ends_as_a_dead_letter),
        T(phone_and_text_are_sealed_in_the_database),
    };
    return zy_test_main("outbox", tests, ZY_COUNT(tests));
}
