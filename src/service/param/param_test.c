/* Parameters keep within the clauses' bounds; switches close an API on every node. */
#include "service/param/param.h"
#include "zy_test.h"
#include "zy_test_db.h"
#include "zy_test_env.h"

static zy_env *env;
static const zy_param_row ROWS[] = {
    { "test.limit_fen", 5000, 100, 10000, "fen", "测试限额", "test limit" },
    { "test.other", 7, 1, 9, "s", "其他", "other" },
};

static int set_up(void **state)
{
    (void)state;
    zy_param_register(ROWS, ZY_COUNT(ROWS));
    return zy_test_env_open(&env) == ZY_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    zy_test_env_close(env);
    return 0;
}

typedef struct change {
    const char *name;
    int64_t value;
} change;

static zy_status set_param(zy_tx *tx, void *arg, zy_err *err)
{
    const change *c = arg;
    return zy_param_set(tx, env, zy_str_of(c->name), c->value, err);
}

static zy_status try_set(const char *name, int64_t value)
{
    zy_err err = { 0 };
    change c = { name, value };
    return zy_db_run(env->db, "test.set", set_param, &c, &err);
}

static zy_status close_api(zy_tx *tx, void *arg, zy_err *err)
{
    return zy_switch_set(tx, env, ZY_STR("transfer.prepare"), *(bool *)arg, err);
}

static void a_parameter_has_its_default_until_it_is_changed(void **state)
{
    (void)state;
    zy_param_reload();
    assert_int_equal(zy_param_get(env, "test.limit_fen"), 5000);
    ASSERT_OK(try_set("test.limit_fen", 10000));
    zy_param_reload();
    assert_int_equal(zy_param_get(env, "test.limit_fen"), 10000);
    assert_int_equal(zy_param_get(env, "test.other"), 7);
}

static void values_outside_the_bounds_and_unknown_names_are_refused(void **state)
{
    ZY_PROVES("mb.auth-design.d-i");
    (void)state;
    ASSERT_STATUS(try_set("test.limit_fen", 99), ZY_BAD_FIELD);
    ASSERT_STATUS(try_set("test.limit_fen", 10001), ZY_BAD_FIELD);
    ASSERT_STATUS(try_set("no.such", 1), ZY_NOT_FOUND);
    zy_param_reload();
    assert_int_equal(zy_param_get(env, "test.limit_fen"), 5000);
}

static void a_value_that_was_written_past_the_bounds_never_comes_into_force(void **state)
{
    (void)state;
    zy_err err = { 0 };
    const char *script = "INSERT INTO param_value (name, value, changed_at) VALUES ('test.limit_fen', 999999, 0)";
    ASSERT_OK(zy_db_test_exec_script(env->db, script, script, &err));
    zy_param_reload();
    assert_int_equal(zy_param_get(env, "test.limit_fen"), 5000);
}

static void a_switch_closes_and_opens_an_api(void **state)
{
    ZY_PROVES("mb.risk-strategy-terminal.a.2");
    (void)state;
    zy_err err = { 0 };
    bool closed = true;
    zy_param_reload();
    assert_false(zy_switch_closed(env, "transfer.prepare"));
    ASSERT_OK(zy_db_run(env->db, "test.close", close_api, &closed, &err));
    zy_param_reload();
    assert_true(zy_switch_closed(env, "transfer.prepare"));
    assert_false(zy_switch_closed(env, "transfer.prepare2"));
    closed = false;
    ASSERT_OK(zy_db_run(env->db, "test.open", close_api, &closed, &err));
    zy_param_reload();
    assert_false(zy_switch_closed(env, "transfer.prepare"));
}

static void the_list_names_bounds_and_value(void **state)
{
    (void)state;
    ZY_AUTO(zy_json_free) zy_json *list = zy_json_array();
    zy_param_list(env, list);
    bool seen = false;
    for (size_t i = 0; i < zy_json_count(list); i++) {
        zy_str name;
        int64_t max = 0;
        assert_true(zy_json_str(zy_json_at(list, i), "name", &name) && zy_json_int(zy_json_at(list, i), "max", &max));
        seen = seen || (zy_str_eq_c(name, "test.limit_fen") && max == 10000);
    }
    assert_true(seen);
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_parameter_has_its_default_until_it_is_changed),
        T(values_outside_the_bounds_and_unknown_names_are_refused),
        T(a_value_that_was_written_past_the_bounds_never_comes_into_force),
        T(a_switch_closes_and_opens_an_api),
        T(the_list_names_bounds_and_value),
    };
    return zy_test_main("param", tests, ZY_COUNT(tests));
}
