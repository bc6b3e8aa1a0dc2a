/* The policy: which combinations are offered, and what staff can never make of it. */
#include "service/approval/approval.h"
#include "service/factor/factor.h"
#include "service/param/param.h"
#include "zy_test.h"
#include "zy_test_env.h"

static zy_env *env;
static zy_err err;
static bool token_is_there, face_is_there;

static const zy_param_row CAPS[] = {
    { .name = "test.sms_cap", .fallback = 5000000, .min = 1, .max = 5000000, .unit = "fen", .title_zh = "t", .title_en = "t" },
    { .name = "test.token_cap", .fallback = 100000000, .min = 1, .max = 100000000, .unit = "fen", .title_zh = "t", .title_en = "t" },
};

static zy_status check(zy_call *call, const zy_factor_subject *s, const zy_factor_value *v, zy_json *evidence, zy_err *e)
{
    (void)call;
    (void)s;
    (void)v;
    (void)evidence;
    (void)e;
    return ZY_OK;
}

static zy_status has_token(zy_rtx *rtx, zy_env *e, const zy_caller *caller, bool *ret, zy_err *er)
{
    (void)rtx;
    (void)e;
    (void)caller;
    (void)er;
    *ret = token_is_there;
    return ZY_OK;
}

static zy_status nobody_has(zy_rtx *rtx, zy_env *e, const zy_caller *caller, bool *ret, zy_err *er)
{
    (void)rtx;
    (void)e;
    (void)caller;
    (void)er;
    *ret = false;
    return ZY_OK;
}

static zy_status has_face(zy_rtx *rtx, zy_env *e, const zy_caller *caller, bool *ret, zy_err *er)
{
    (void)rtx;
    (void)e;
    (void)caller;
    (void)er;
    *ret = face_is_there;
    return ZY_OK;
}

static const zy_factor FACTORS[] = {
    { .bit = ZY_FACTOR_PAY_PASSWORD, .name = "pay_password", .title_zh = "t", .title_en = "t", .kind = ZY_FK_KNOWLEDGE, .check = check },
    { .bit = ZY_FACTOR_SMS, .name = "sms", .title_zh = "t", .title_en = "t", .kind = ZY_FK_POSSESSION, .sent_last = true,
      .cap_param = "test.sms_cap", .check = check },
    { .bit = ZY_FACTOR_CARRIER, .name = "carrier", .title_zh = "t", .title_en = "t", .kind = ZY_FK_POSSESSION, .sent_last = true,
      .cap_param = "test.sms_cap", .enrolled = nobody_has, .check = check },
    { .bit = ZY_FACTOR_DEVICE_KEY, .name = "device_key", .title_zh = "t", .title_en = "t", .kind = ZY_FK_POSSESSION,
      .bound_device = true, .cap_param = "test.sms_cap", .check = check },
    { .bit = ZY_FACTOR_TOKEN, .name = "token", .title_zh = "t", .title_en = "t", .kind = ZY_FK_POSSESSION,
      .cap_param = "test.token_cap", .enrolled = has_token, .check = check },
    { .bit = ZY_FACTOR_FACE, .name = "face", .title_zh = "t", .title_en = "t", .kind = ZY_FK_INHERENCE, .enrolled = has_face,
      .check = check },
};

static int set_up(void **state)
{
    (void)state;
    if (zy_test_env_open(&env) != ZY_OK)
        return -1;
    zy_param_register(CAPS, ZY_COUNT(CAPS));
    for (size_t i = 0; i < ZY_COUNT(FACTORS); i++)
        if (zy_factor_register(&FACTORS[i]) != ZY_OK)
            return -1;
    zy_approval_register(&ZY_POLICY_CHANGE);
    token_is_there = face_is_there = false;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    zy_test_env_close(env);
    return 0;
}

typedef struct ask {
    const char *scene;
    zy_money amount;
    zy_caller caller;
    zy_policy_options options;
} ask;

static zy_status ask_read(zy_rtx *rtx, void *arg, zy_err *e)
{
    ask *a = arg;
    return zy_policy_ask(rtx, env, &a->caller, a->scene, a->amount, &a->options, e);
}

static zy_status ask_now(ask *a)
{
    return zy_db_read(env->db, "test.ask", ask_read, a, &err);
}

static void smallest_combination_is_asked_for_first(void **state)
{
    ZY_PROVES("mb.auth-methods.p1");
    (void)state;
    ask a = { .scene = "transfer", .amount = { 5000000 } };
    ASSERT_OK(ask_now(&a));
    assert_int_equal(a.options.count, 1); /* neither token nor bound device */
    assert_int_equal(a.options.mask[0], ZY_FACTOR_PAY_PASSWORD | ZY_FACTOR_SMS);
    token_is_there = a.caller.device_bound = true;
    ASSERT_OK(ask_now(&a));
    assert_int_equal(a.options.count, 3);
    assert_int_equal(a.options.mask[0], ZY_FACTOR_PAY_PASSWORD | ZY_FACTOR_SMS);
    assert_int_equal(a.options.mask[2], ZY_FACTOR_PAY_PASSWORD | ZY_FACTOR_TOKEN);
}

static void amount_decides_which_factor_is_strong_enough(void **state)
{
    ZY_PROVES("mb.enhanced-auth.p1", "mb.login-factors.c", "mb.auth-methods.p1");
    (void)state;
    ask a = { .scene = "transfer", .amount = { 5000001 } };
    ASSERT_STATUS(ask_now(&a), ZY_TRANSFER_LIMIT);
    token_is_there = true;
    ASSERT_OK(ask_now(&a));
    assert_int_equal(a.options.count, 1);
    assert_int_equal(a.options.mask[0], ZY_FACTOR_PAY_PASSWORD | ZY_FACTOR_TOKEN);
    a.amount.fen = 100000001;
    ASSERT_STATUS(ask_now(&a), ZY_TRANSFER_LIMIT);
    a.amount.fen = 100000000;
    ASSERT_OK(ask_now(&a));
}

static zy_status switch_off(zy_tx *tx, void *arg, zy_err *e)
{
    return zy_param_set(tx, env, zy_str_of(arg), 0, e);
}

static void factor_that_is_switched_off_is_not_offered(void **state)
{
    ZY_PROVES("mb.auth-tech-choice.a");
    (void)state;
    ask a = { .scene = "device.bind" };
    ASSERT_OK(ask_now(&a));
    char name[] = "factor.sms.on";
    ASSERT_OK(zy_db_run(env->db, "test.off", switch_off, name, &err));
    zy_param_reload();
    ASSERT_STATUS(ask_now(&a), ZY_FACTOR_MISSING);
}

static zy_id request(const char *scene, const char *options, zy_status expected)
{
    zy_id id = { 0 };
    ZY_AUTO(zy_json_free) zy_json *payload = zy_json_object();
    zy_json_set_c(payload, "scene", scene);
    zy_json_set_c(payload, "options", options);
    ASSERT_STATUS(zy_approval_request(env, &ZY_POLICY_CHANGE, (zy_id){ 11 }, payload, ZY_STR("试"), &id, &err), expected);
    return id;
}

static void rule_changes_when_two_people_agree(void **state)
{
    (void)state;
    token_is_there = true;
    zy_id id = request("transfer", "pay_password+token", ZY_OK);
    ask a = { .scene = "transfer", .amount = { 100 } };
    ASSERT_OK(ask_now(&a));
    assert_int_equal(a.options.count, 2);
    ASSERT_OK(zy_approval_decide(env, id, (zy_id){ 12 }, true, ZY_STR(""), &err));
    ASSERT_OK(ask_now(&a));
    assert_int_equal(a.options.count, 1);
    assert_int_equal(a.options.mask[0], ZY_FACTOR_PAY_PASSWORD | ZY_FACTOR_TOKEN);
    token_is_there = false;
    ASSERT_STATUS(ask_now(&a), ZY_FACTOR_MISSING);
}

static void rule_is_never_weaker_than_the_clauses(void **state)
{
    ZY_PROVES("j225.6.2.1.1.key.a", "mb.auth-mechanism.b", "mb.login-factors.d");
    static const struct {
        const char *scene, *options;
        zy_status expected;
    } CASES[] = {
        { "transfer", "pay_password", ZY_BAD_FIELD },          { "transfer", "sms+token", ZY_BAD_FIELD },
        { "transfer", "pay_password+face", ZY_BAD_FIELD },     { "transfer", "pay_password+sms|face", ZY_BAD_FIELD },
        { "device.bind", "face", ZY_BAD_FIELD },               { "device.bind", "sms", ZY_BAD_FIELD },
        { "gesture.set", "sms", ZY_BAD_FIELD },                { "data.reveal", "face", ZY_BAD_FIELD },
        { "transfer", "sms+carrier", ZY_BAD_FIELD },           { "data.reveal", "carrier", ZY_BAD_FIELD },
        { "gesture.set", "sms+carrier", ZY_BAD_FIELD },        { "device.bind", "sms+carrier|pay_password+sms", ZY_BAD_FIELD },
        { "transfer", "", ZY_BAD_FIELD },                      { "transfer", "pay_password+sms|", ZY_BAD_FIELD },
        { "transfer", "|pay_password+sms", ZY_BAD_FIELD },     { "transfer", "pay_password+sms+", ZY_BAD_FIELD },
        { "transfer", "pay_password+pay_password", ZY_BAD_FIELD }, { "transfer", "pay_password+captcha", ZY_BAD_FIELD },
        { "nothing", "pay_password+sms", ZY_NOT_FOUND },       { "data.reveal", "pay_password+face", ZY_OK },
    };
    (void)state;
    for (size_t i = 0; i < ZY_COUNT(CASES); i++)
        request(CASES[i].scene, CASES[i].options, CASES[i].expected);
}

static void what_is_sent_comes_last(void **state)
{
    ZY_PROVES("j225.6.3.2.c2");
    (void)state;
    unsigned mask = zy_factor_mask_parse(ZY_STR("sms+token+pay_password"));
    assert_int_equal(zy_factor_next(mask), ZY_FACTOR_PAY_PASSWORD);
    mask &= ~(unsigned)ZY_FACTOR_PAY_PASSWORD;
    assert_int_equal(zy_factor_next(mask), ZY_FACTOR_TOKEN);
    mask &= ~(unsigned)ZY_FACTOR_TOKEN;
    assert_int_equal(zy_factor_next(mask), ZY_FACTOR_SMS);
    assert_int_equal(zy_factor_next(0), 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(smallest_combination_is_asked_for_first), TEST(amount_decides_which_factor_is_strong_enough),
        TEST(factor_that_is_switched_off_is_not_offered), TEST(rule_changes_when_two_people_agree),
        TEST(rule_is_never_weaker_than_the_clauses), TEST(what_is_sent_comes_last),
    };
    return zy_test_main("policy", tests, ZY_COUNT(tests));
}
