/* The audit: nothing can be altered, removed, reordered or left out without being found. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "service/audit/audit.h"
#include "zy_test.h"
#include "zy_test_db.h"
#include "zy_test_env.h"

static zy_env *env;

static int set_up(void **state)
{
    (void)state;
    if (zy_test_env_open(&env) != ZY_OK)
        return -1;
    zy_audit_attach(env);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    zy_test_env_close(env);
    return 0;
}

static void note(const char *event)
{
    const zy_audit record = { .event = event, .actor_kind = "customer", .actor = { 7 }, .object = { 9 }, .object_kind = "order",
                              .address = ZY_STR("10.0.0.1"), .device = ZY_STR("ab"), .trace = ZY_STR("T1"),
                              .result = ZY_STR("OK"), .detail = ZY_STR("{\"n\":1}") };
    zy_audit_note(env, &record);
}

static void note_many(int count)
{
    for (int i = 0; i < count; i++)
        note("order.posted");
    zy_err err = { 0 };
    ASSERT_OK(zy_audit_seal_now(env, &err));
}

static zy_status verify(zy_audit_report *report)
{
    zy_err err = { 0 };
    return zy_audit_verify(env, NULL, NULL, report, &err);
}

/* What somebody with the database in hand could do: the triggers go first. */
static zy_status exec_script(const char *text)
{
    zy_err err = { 0 };
    return zy_db_test_exec_script(env->db, text, text, &err);
}

static void tamper(const char *sql)
{
    static const char *const TABLES[] = { "audit_record", "audit_block", "audit_checkpoint" };
    char script[4096] = "";
    size_t n = 0;
    for (size_t i = 0; i < ZY_COUNT(TABLES); i++)
        n += (size_t)(zy_db_kind_of(env->db) == ZY_DB_SQLITE
                          ? snprintf(script + n, sizeof script - n, "DROP TRIGGER %s_no_update; DROP TRIGGER %s_no_delete;",
                                     TABLES[i], TABLES[i])
                          : snprintf(script + n, sizeof script - n, "ALTER TABLE %s DISABLE TRIGGER USER;", TABLES[i]));
    snprintf(script + n, sizeof script - n, "%s;", sql);
    ASSERT_OK(exec_script(script));
}

static void assert_found(const char *sql)
{
    zy_audit_report report;
    note_many(20);
    ASSERT_OK(verify(&report));
    tamper(sql);
    ASSERT_STATUS(verify(&report), ZY_AUDIT_BROKEN);
    assert_true(report.faults > 0);
    assert_true(report.first_fault[0] != '\0');
}

static void an_untouched_chain_verifies_with_its_signed_checkpoint(void **state)
{
    (void)state;
    zy_audit_report report;
    note_many(25);
    ASSERT_OK(verify(&report));
    assert_int_equal(report.records, 25);
    assert_int_equal(report.sealed, 25);
    assert_int_equal(report.unsealed, 0);
    assert_int_equal(report.checkpoints, 1);
}

#define FIRST "(SELECT min(id) FROM audit_record)"

static void an_altered_record_is_found(void **state)
{
    (void)state;
    assert_found("UPDATE audit_record SET result = 'OK2' WHERE id = " FIRST);
}

static void an_altered_actor_is_found(void **state)
{
    (void)state;
    assert_found("UPDATE audit_record SET actor = 8 WHERE id = " FIRST);
}

static void a_deleted_record_is_found(void **state)
{
    (void)state;
    assert_found("DELETE FROM audit_record WHERE id = (SELECT min(id) + 0 FROM audit_record)");
}

static void a_deleted_tail_with_its_blocks_is_found_by_the_checkpoint(void **state)
{
    (void)state;
    assert_found("DELETE FROM audit_record; DELETE FROM audit_block");
}

static void swapped_contents_are_found(void **state)
{
    (void)state;
    note("first.event");
    assert_found("UPDATE audit_record SET event = CASE WHEN event = 'first.event' THEN 'order.posted' ELSE 'first.event' END"
                 " WHERE id IN (SELECT id FROM audit_record ORDER BY id LIMIT 2)");
}

static void a_forged_block_hash_is_found(void **state)
{
    (void)state;
    assert_found("UPDATE audit_block SET h = (SELECT digest FROM audit_record LIMIT 1) WHERE no = 1");
}

static void a_forged_signature_is_found(void **state)
{
    (void)state;
    assert_found("UPDATE audit_checkpoint SET total = total + 1, h = h");
}

static void a_record_slipped_in_behind_the_seal_is_found(void **state)
{
    (void)state;
    assert_found("INSERT INTO audit_record (id, node, at, event, actor_kind, actor, object_kind, object, address, device, trace,"
                 " result, detail, digest) SELECT min(id) - 1, 5, 0, 'x', 'system', 0, '', 0, '', '', '', '', '', "
                 "(SELECT digest FROM audit_record LIMIT 1) FROM audit_record");
}

static void tables_refuse_update_and_delete(void **state)
{
    (void)state;
    note_many(2);
    static const char *const SCRIPTS[] = { "UPDATE audit_record SET result = 'x'", "DELETE FROM audit_record",
                                           "UPDATE audit_block SET total = 0", "DELETE FROM audit_checkpoint" };
    for (size_t i = 0; i < ZY_COUNT(SCRIPTS); i++)
        assert_int_not_equal(exec_script(SCRIPTS[i]), ZY_OK);
}

static const zy_sql SQL_LINK = { "test.link", "SELECT id, audit FROM t_link WHERE id > $1 ORDER BY id LIMIT $2", 2, NULL };

static void a_record_that_another_row_names_cannot_vanish(void **state)
{
    (void)state;
    zy_audit_report report;
    note_many(3);
    ASSERT_OK(exec_script("CREATE TABLE t_link (id BIGINT PRIMARY KEY, audit BIGINT NOT NULL);"
                                              "INSERT INTO t_link SELECT id, id FROM audit_record"));
    zy_audit_link(&SQL_LINK);
    ASSERT_OK(verify(&report));
    assert_int_equal(report.linked, 3);
    ASSERT_OK(exec_script("INSERT INTO t_link VALUES (1, 12345)"));
    ASSERT_STATUS(verify(&report), ZY_AUDIT_BROKEN);
    ASSERT_OK(exec_script("DELETE FROM t_link"));
}

static void *note_from_a_thread(void *arg)
{
    (void)arg;
    for (int i = 0; i < 25; i++)
        note("thread.event");
    return NULL;
}

static void many_threads_and_a_running_sealer_make_one_whole_chain(void **state)
{
    (void)state;
    enum { THREADS = 16 };
    zy_sealer *sealer = NULL;
    zy_err err = { 0 };
    pthread_t thread[THREADS];
    ASSERT_OK(zy_sealer_start(env, &sealer, &err));
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, note_from_a_thread, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    zy_sealer_stop(sealer);
    zy_audit_report report;
    ASSERT_OK(verify(&report));
    assert_int_equal(report.sealed, THREADS * 25);
    assert_int_equal(report.unsealed, 0);
}

static zy_status failing_unit(zy_tx *tx, void *arg, zy_err *err)
{
    (void)arg;
    const zy_audit record = { .event = "never.happened", .actor_kind = "system", .object_kind = "" };
    ZY_TRY(zy_audit_add(tx, env, &record, NULL, err));
    return zy_fail(err, ZY_BALANCE_TOO_LOW, NULL, "on purpose");
}

static void a_deed_that_fails_leaves_no_record(void **state)
{
    (void)state;
    zy_err err = { 0 };
    zy_audit_report report;
    ASSERT_STATUS(zy_db_run(env->db, "test.failing", failing_unit, NULL, &err), ZY_BALANCE_TOO_LOW);
    ASSERT_OK(verify(&report));
    assert_int_equal(report.records, 0);
}

static void an_old_record_that_was_never_sealed_is_a_fault(void **state)
{
    (void)state;
    bool sealed_in_the_commit = zy_db_kind_of(env->db) == ZY_DB_SQLITE;
    zy_audit_report report;
    note("order.posted");
    ASSERT_OK(verify(&report));
    assert_int_equal(report.unsealed, sealed_in_the_commit ? 0 : 1);
    zy_clock_fake_turn(zy_test_env_clock(env), ZY_SECONDS(61));
    ASSERT_STATUS(verify(&report), sealed_in_the_commit ? ZY_OK : ZY_AUDIT_BROKEN);
}

typedef struct search_job {
    zy_audit_filter filter;
    zy_json *found;
    zy_id next;
} search_job;

static zy_status search(zy_rtx *rtx, void *arg, zy_err *err)
{
    search_job *job = arg;
    return zy_audit_search(rtx, &job->filter, job->found, &job->next, err);
}

static size_t count_found(zy_audit_filter filter, zy_id *ret_next)
{
    zy_err err = { 0 };
    search_job job = { filter, zy_json_array(), { 0 } };
    ASSERT_OK(zy_db_read(env->db, "test.search", search, &job, &err));
    size_t n = zy_json_count(job.found);
    *ret_next = job.next;
    zy_json_free(job.found);
    return n;
}

static void search_filters_and_pages(void **state)
{
    (void)state;
    zy_id next;
    note_many(7);
    note("login.ok");
    assert_int_equal(count_found((zy_audit_filter){ .limit = 5 }, &next), 5);
    assert_int_equal(count_found((zy_audit_filter){ .limit = 5, .before = next }, &next), 3);
    assert_int_equal(next.v, 0);
    assert_int_equal(count_found((zy_audit_filter){ .event_prefix = ZY_STR("login."), .limit = 50 }, &next), 1);
    assert_int_equal(count_found((zy_audit_filter){ .actor = { 7 }, .object = { 9 }, .limit = 50 }, &next), 8);
    assert_int_equal(count_found((zy_audit_filter){ .actor = { 8 }, .limit = 50 }, &next), 0);
    assert_int_equal(count_found((zy_audit_filter){ .from = { INT64_MAX / 2 }, .limit = 50 }, &next), 0);
}

static void checkpoints_are_exported_line_by_line(void **state)
{
    (void)state;
    zy_err err = { 0 };
    ZY_AUTO_BUF out = { 0 };
    note_many(2);
    note_many(2);
    ASSERT_OK(zy_audit_export_checkpoints(env, &out, &err));
    zy_str rest = zy_buf_view(&out), line;
    int lines = 0;
    while (zy_str_next(&rest, '\n', &line) && line.n > 0) {
        zy_json *j = NULL;
        ASSERT_OK(zy_json_parse(line, &j));
        zy_json_free(j);
        lines++;
    }
    assert_int_equal(lines, 2);
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(an_untouched_chain_verifies_with_its_signed_checkpoint),
        T(an_altered_record_is_found),
        T(an_altered_actor_is_found),
        T(a_deleted_record_is_found),
        T(a_deleted_tail_with_its_blocks_is_found_by_the_checkpoint),
        T(swapped_contents_are_found),
        T(a_forged_block_hash_is_found),
        T(a_forged_signature_is_found),
        T(a_record_slipped_in_behind_the_seal_is_found),
        T(tables_refuse_update_and_delete),
        T(many_threads_and_a_running_sealer_make_one_whole_chain),
        T(a_deed_that_fails_leaves_no_record),
        T(an_old_record_that_was_never_sealed_is_a_fault),
        T(search_filters_and_pages),
        T(checkpoints_are_exported_line_by_line),
        T(a_record_that_another_row_names_cannot_vanish), /* last: a link stays registered */
    };
    return zy_test_main("audit", tests, ZY_COUNT(tests));
}
