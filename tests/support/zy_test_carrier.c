#include "zy_test_carrier.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "connector/carrier.h"
#include "zy_test.h"
#include "zy_test_env.h"

#define KEY "0123456789abcdef0123456789abcdef"

carrier_gateway carrier_beside;
static struct {
    sim_system system;
    sim_routes routes;
    zy_server *server;
    zy_config *config;
} side;

static zy_status sim_of_test(carrier_gateway *g, char ret_phone[16], zy_err *err)
{
    (void)err;
    memcpy(ret_phone, g->phone, sizeof g->phone);
    return ZY_OK;
}

static void write_text(const char *name, const char *text, char *ret_path, size_t size)
{
    snprintf(ret_path, size, "%s/%s", zy_test_env_folder(), name);
    FILE *file = fopen(ret_path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    fclose(file);
    assert_int_equal(chmod(ret_path, 0600), 0);
}

void carrier_beside_start(zy_env *env)
{
    static const zy_config_row *const TABLES[] = { ZY_CARRIER_CONFIG };
    const size_t counts[] = { ZY_CARRIER_CONFIG_COUNT };
    const zy_server_options options = { .workers = 2 };
    char text[200], path[200];
    carrier_beside = (carrier_gateway){ .sim = sim_of_test, .clock = env->clock };
    carrier_gateway_system(&carrier_beside, &side.system);
    zy_buf_c(&side.system.key, KEY);
    sim_routes_make(&side.system, &side.routes);
    const zy_listener listener = { .name = "carrier", .address = ZY_STR("127.0.0.1"), .internal_only = true,
                                   .routes = side.routes.routes, .route_count = side.routes.count };
    ASSERT_OK(zy_server_start(&options, &listener, 1, &side.server, NULL));
    write_text("carrier-key", KEY "\n", path, sizeof path);
    snprintf(text, sizeof text, "carrier.connector = http\ncarrier.url = http://127.0.0.1:%d\n", zy_server_port(side.server, "carrier"));
    write_text("carrier.conf", text, path, sizeof path);
    ASSERT_OK(zy_config_load(path, true, TABLES, counts, 1, &side.config, NULL));
    ASSERT_OK(zy_carrier_open(side.config, &env->carrier, NULL));
}

void carrier_beside_change_key(void)
{
    side.system.key.p[0] ^= 1;
}

void carrier_beside_stop(zy_env *env)
{
    zy_carrier_free(env->carrier);
    env->carrier = NULL;
    if (side.server != NULL)
        zy_server_drain(side.server, 1000);
    side.server = NULL;
    zy_config_free(side.config);
    side.config = NULL;
    zy_buf_wipe(&side.system.key);
}
