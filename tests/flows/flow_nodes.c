/* Story: a bank of two servers that share one database (PostgreSQL). What one of them decides holds on the other at once. */
#include <stdlib.h>

#include "server.h"

static bank *first, *second;

static int open_bank(void **state)
{
    (void)state;
    const char *engine = getenv("ZY_TEST_DB");
    if (engine == NULL || strcmp(engine, "pg") != 0)
        return 0;
    first = bank_new("test", 8);
    second = bank_new_peer(first);
    bank_start(second);
    return 0;
}

static void needs_two_servers(void)
{
    if (second == NULL)
        skip(); /* SQLite has one process */
}

static void a_login_on_one_server_ends_the_earlier_one_on_the_other(void **state)
{
    (void)state;
    ZY_PROVES("mb.auth-design.f", "j225.6.2.2.f");
    needs_two_servers();
    bank_client here, there;
    bank_client_open(first, 3, &here);
    bank_client_open(second, 3, &there);
    bank_login(&here);
    bank_ask(&here, "OK", "account.list", NULL, "{}");
    there.person->code_at = here.person->code_at; /* one phone: the first code is read already */
    bank_login(&there);
    bank_ask(&there, "OK", "account.list", NULL, "{}");
    bank_ask(&here, "LOGIN_REQUIRED", "account.list", NULL, "{}");
    bank_client_close(&here);
    bank_client_close(&there);
}

/* Loss is reported where the customer happens to be: nothing opens anywhere. */
static void what_is_frozen_on_one_server_is_frozen_on_the_other(void **state)
{
    (void)state;
    ZY_PROVES("j225.6.3.1.g");
    needs_two_servers();
    bank_client here, there;
    ZY_AUTO(zy_json_free) zy_json *device = NULL;
    ZY_AUTO(zy_json_free) zy_json *secret = NULL;
    ZY_AUTO_BUF device_text = { 0 }, secret_text = { 0 };
    zy_err err = { 0 };
    bank_client_open(first, 4, &here);
    bank_client_open(second, 4, &there);
    bank_login(&there);
    bank_ask(&there, "OK", "device.lost", NULL, "{}");
    bank_ask(&there, "LOGIN_REQUIRED", "account.list", NULL, "{}");
    ASSERT_OK(zy_client_secret(here.zy, 1, here.person->password, &secret, &err));
    ASSERT_OK(zy_client_device(here.zy, &device, &err));
    zy_json_write(secret, &secret_text);
    zy_json_write(device, &device_text);
    bank_ask(&here, "LOGIN_FAILED", "auth.login.start", NULL, "{\"user\":\"%s\",\"password\":%s,\"device\":%s}", here.person->user,
             secret_text.p, device_text.p);
    bank_client_close(&here);
    bank_client_close(&there);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_login_on_one_server_ends_the_earlier_one_on_the_other, open_bank),
        cmocka_unit_test(what_is_frozen_on_one_server_is_frozen_on_the_other),
    };
    return zy_test_main("flow_nodes", tests, ZY_COUNT(tests));
}
