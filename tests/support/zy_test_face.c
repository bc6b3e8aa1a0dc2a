#include "zy_test_face.h"

#include <stdio.h>
#include <sys/stat.h>

#include "connector/face.h"
#include "zy_test.h"
#include "zy_test_env.h"

face_provider face_beside;
static struct {
    sim_system system;
    sim_routes routes;
    zy_server *server;
    zy_config *config;
} side;

static void write_text(const char *name, const char *text)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", zy_test_env_folder(), name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fprintf(file, "%s\n", text) >= 0);
    fclose(file);
    assert_int_equal(chmod(path, 0600), 0);
}

void face_beside_speak(void)
{
    face_provider_reset();
    face_provider_system(&face_beside, &side.system);
    zy_buf_c(&side.system.key, FACE_BESIDE_KEY);
    sim_routes_make(&side.system, &side.routes);
    const zy_listener listener = { .name = "face", .address = ZY_STR("127.0.0.1"), .internal_only = true,
                                   .routes = side.routes.routes, .route_count = side.system.question_count };
    const zy_server_options options = { .workers = 2 };
    ASSERT_OK(zy_server_start(&options, &listener, 1, &side.server, NULL));
}

void face_beside_silence(void)
{
    if (side.server != NULL)
        zy_server_drain(side.server, 1000);
    side.server = NULL;
    zy_buf_wipe(&side.system.key);
}

void face_beside_connect(zy_env *env, const char *key)
{
    static const zy_config_row *const TABLES[] = { ZY_FACE_CONFIG };
    const size_t counts[] = { ZY_FACE_CONFIG_COUNT };
    char conf[200], path[200];
    zy_face_free(env->face);
    zy_config_free(side.config);
    snprintf(conf, sizeof conf, "face.connector = http\nface.url = http://127.0.0.1:%d", zy_server_port(side.server, "face"));
    write_text("face.conf", conf);
    write_text("face-key", key);
    snprintf(path, sizeof path, "%s/face.conf", zy_test_env_folder());
    ASSERT_OK(zy_config_load(path, true, TABLES, counts, 1, &side.config, NULL));
    ASSERT_OK(zy_face_open(side.config, &env->face, NULL));
}

void face_beside_start(zy_env *env)
{
    face_beside = (face_provider){ .camera_is_genuine = false };
    face_beside_speak();
    face_beside_connect(env, FACE_BESIDE_KEY);
}

void face_beside_stop(zy_env *env)
{
    face_beside_silence();
    zy_face_free(env->face);
    env->face = NULL;
    zy_config_free(side.config);
    side.config = NULL;
}
