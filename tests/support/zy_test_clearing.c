#include "zy_test_clearing.h"

#include <stdio.h>

#include "zy_test.h"
#include "zy_test_env.h"

static struct {
    clearing_house *house;
    zy_server *server;
    zy_config *config;
} side;

static void hex_of(zy_env *env, zy_key_purpose purpose, char out[131])
{
    uint8_t point[ZY_SM2_PUB_BYTES];
    ASSERT_OK(zy_keys_public(env->keys, purpose, 0, point));
    zy_hex_encode(point, sizeof point, out);
}

static void serve(void)
{
    static zy_route routes[CLEARING_HOUSE_ROUTES];
    const zy_server_options options = { .workers = 4 };
    clearing_house_routes(side.house, routes);
    const zy_listener listener = { .name = "clearing", .address = ZY_STR("127.0.0.1"), .internal_only = true, .routes = routes,
                                   .route_count = ZY_COUNT(routes) };
    ASSERT_OK(zy_server_start(&options, &listener, 1, &side.server, NULL));
}

static void configure(void)
{
    static const zy_config_row *const TABLES[] = { ZY_CLEARING_CONFIG };
    const size_t counts[] = { ZY_CLEARING_CONFIG_COUNT };
    char sign[131], box[131], url[64], letters[300];
    clearing_house_keys(side.house, sign, box);
    snprintf(url, sizeof url, "http://127.0.0.1:%d", zy_server_port(side.server, "clearing"));
    snprintf(letters, sizeof letters, "%s/letters", zy_test_env_folder());
    const struct {
        const char *name, *value;
    } ROWS[] = { { "clearing.connector", "http" },    { "clearing.url", url },
                 { "clearing.member", CLEARING_BESIDE_US }, { "clearing.house", HOUSE_CODE },
                 { "clearing.house_sign_key", sign }, { "clearing.house_box_key", box },
                 { "clearing.letters", letters },     { "clearing.timeout_ms", "1000" } };
    ASSERT_OK(zy_config_load(NULL, false, TABLES, counts, 1, &side.config, NULL));
    for (size_t i = 0; i < ZY_COUNT(ROWS); i++)
        ASSERT_OK(zy_config_set(side.config, ROWS[i].name, zy_str_of(ROWS[i].value), NULL));
}

clearing_house *clearing_beside_start(zy_env *env)
{
    char sign[131], box[131];
    ASSERT_OK(clearing_house_open(NULL, env->clock, &side.house, NULL));
    serve();
    hex_of(env, ZY_KEY_CLEARING, sign);
    hex_of(env, ZY_KEY_CLEARING_BOX, box);
    ASSERT_OK(clearing_house_member(side.house, ZY_STR(CLEARING_BESIDE_US), zy_str_of(sign), zy_str_of(box)));
    configure();
    ASSERT_OK(zy_clearing_open(side.config, env->keys, &env->clearing, NULL));
    return side.house;
}

void clearing_beside_stop(zy_env *env)
{
    zy_clearing_free(env->clearing);
    env->clearing = NULL;
    zy_config_free(side.config);
    zy_server_drain(side.server, 1000);
    clearing_house_close(side.house);
    side.config = NULL;
}
