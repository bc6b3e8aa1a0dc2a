/* zhangyin-face: plays a provider that compares faces, for demos and tests. Loopback only; README.md says what it takes for a
 * genuine face. */
#include <string.h>

#include "provider.h"

static const char *camera;
static face_provider provider;

static zy_status start(zy_err *err)
{
    provider.camera_is_genuine = strcmp(camera, "genuine") == 0;
    return provider.camera_is_genuine || strcmp(camera, "stranger") == 0
               ? ZY_OK
               : zy_fail(err, ZY_BAD_FIELD, NULL, "--camera takes genuine or stranger");
}

int main(int argc, char **argv)
{
    sim_system system;
    face_provider_system(&provider, &system);
    system.options[0] = (sim_option){ "--camera", &camera };
    system.option_count = 1;
    system.start = start;
    system.usage = "usage: zhangyin-face --port PORT --key FILE --camera genuine|stranger\n"
                   "Answers questions of a bank's face connector `http` on 127.0.0.1:PORT. Pictures with a mark are judged by it;\n"
                   "--camera says whom pictures without one show.\n";
    return sim_main(&system, argc, argv);
}
