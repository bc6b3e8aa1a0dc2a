/* zhangyin-token: shows the codes of a demo token, as the device would. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "../desk/desk.h"
#include "device.h"

static int usage(void)
{
    fputs("usage: zhangyin-token [--home DIR] [--serial S] [--challenge DIGITS]\n"
          "Shows the code of a demo token now; with the eight digits of an order, the code to them.\n"
          "Without --serial: the first token of DIR/demo.json (default: ZY_HOME, else var).\n",
          stderr);
    return 2;
}

static zy_status show(const char *home, zy_str serial, zy_str challenge, zy_err *err)
{
    ZY_AUTO(zy_json_free) zy_json *demo = NULL;
    token_device devices[TOKEN_DEVICES_MAX];
    int64_t now_s = zy_clock_now(zy_clock_system()).ms / 1000;
    char code[7];
    ZY_TRY(desk_demo(home, &demo, err));
    const token_device *d = token_device_find(devices, token_devices(demo, devices, TOKEN_DEVICES_MAX), serial);
    if (d == NULL)
        return zy_fail(err, ZY_NOT_FOUND, NULL, "the demo has no such token");
    zy_status status = token_device_code(d, challenge, now_s, code);
    if (status != ZY_OK)
        return zy_fail(err, status, NULL, "a challenge is eight digits");
    printf("%s  %s  (%d s)\n", d->serial, code, token_device_seconds(now_s));
    return ZY_OK;
}

int main(int argc, char **argv)
{
    static const char *const NAMES[] = { "--home", "--serial", "--challenge" };
    const char *values[ZY_COUNT(NAMES)] = { getenv("ZY_HOME"), "", "" };
    zy_err err = { 0 };
    for (int i = 1; i < argc; i += 2) {
        size_t which = 0;
        while (which < ZY_COUNT(NAMES) && strcmp(argv[i], NAMES[which]) != 0)
            which++;
        if (which == ZY_COUNT(NAMES) || i + 1 == argc)
            return usage();
        values[which] = argv[i + 1];
    }
    const char *home = values[0] != NULL && *values[0] != '\0' ? values[0] : "var";
    zy_status status = show(home, zy_str_of(values[1]), zy_str_of(values[2]), &err);
    if (status != ZY_OK)
        fprintf(stderr, "zhangyin-token: %s: %s\n", zy_status_name(status), err.detail);
    return status == ZY_OK ? 0 : 1;
}
