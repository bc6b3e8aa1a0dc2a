/* The demo's dynamic tokens on the desk: what each shows now, and the code to a challenge that the visitor types. */
#include "desk.h"

#include "base/clock.h"
#include "../token/device.h"

static size_t read_devices(const char *home, token_device *ret_devices)
{
    zy_err err = { 0 };
    ZY_AUTO(zy_json_free) zy_json *demo = NULL;
    return desk_demo(home, &demo, &err) == ZY_OK ? token_devices(demo, ret_devices, TOKEN_DEVICES_MAX) : 0;
}

static int64_t now_s(void)
{
    return zy_clock_now(zy_clock_system()).ms / 1000;
}

static void write_json(zy_http *http, const zy_json *json)
{
    ZY_AUTO_BUF text = { 0 };
    zy_json_write(json, &text);
    zy_http_write(http, ZY_STR("application/json"), text.p, text.n);
}

static void list(zy_http *http, const token_device *devices, size_t count)
{
    int64_t now = now_s();
    ZY_AUTO(zy_json_free) zy_json *all = zy_json_array();
    for (size_t i = 0; i < count; i++) {
        char code[7];
        zy_json *o = zy_json_object();
        zy_json_push(all, o);
        zy_json_set_c(o, "serial", devices[i].serial);
        zy_json_set_c(o, "user", devices[i].user);
        if (token_device_code(&devices[i], (zy_str){ 0 }, now, code) == ZY_OK)
            zy_json_set_c(o, "code", code);
        zy_json_set_int(o, "seconds", token_device_seconds(now));
    }
    write_json(http, all);
}

static zy_status answer(zy_http *http, const token_device *devices, size_t count, char ret_code[7])
{
    zy_str serial = { 0 }, challenge = { 0 };
    ZY_AUTO(zy_json_free) zy_json *in = NULL;
    ZY_TRY(zy_json_parse(zy_http_body(http), &in));
    if (!zy_json_str(in, "serial", &serial) || !zy_json_str(in, "challenge", &challenge) || serial.n == 0 || challenge.n == 0)
        return ZY_BAD_FIELD;
    const token_device *d = token_device_find(devices, count, serial);
    return d != NULL ? token_device_code(d, challenge, now_s(), ret_code) : ZY_NOT_FOUND;
}

/* GET: the list; POST {serial, challenge}: {code}. */
void desk_tokens_serve(zy_http *http, void *home)
{
    token_device devices[TOKEN_DEVICES_MAX];
    size_t count = read_devices(home, devices);
    char code[7];
    if (zy_http_body(http).n == 0) {
        list(http, devices, count);
        return;
    }
    zy_status status = answer(http, devices, count, code);
    if (status != ZY_OK) {
        zy_http_refuse(http, status);
        return;
    }
    ZY_AUTO(zy_json_free) zy_json *o = zy_json_object();
    zy_json_set_c(o, "code", code);
    write_json(http, o);
}
