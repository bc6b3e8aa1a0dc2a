#include "device.h"

#include "crypto/crypto.h"

#define STEP_S           60
#define CHALLENGE_DIGITS 8

static bool read_device(const zy_json *from, token_device *ret_device)
{
    zy_str serial = { 0 }, user = { 0 }, seed = { 0 };
    return zy_json_str(from, "serial", &serial) && zy_json_str(from, "user", &user) && zy_json_str(from, "seed", &seed) &&
           zy_str_copy(serial, ret_device->serial, sizeof ret_device->serial) == ZY_OK &&
           zy_str_copy(user, ret_device->user, sizeof ret_device->user) == ZY_OK &&
           zy_hex_decode(seed, ret_device->seed, sizeof ret_device->seed, &ret_device->seed_n) == ZY_OK;
}

size_t token_devices(const zy_json *demo, token_device *ret_devices, size_t max)
{
    const zy_json *list = zy_json_get(demo, "tokens");
    size_t count = 0;
    for (size_t i = 0; i < zy_json_count(list) && count < max; i++)
        count += read_device(zy_json_at(list, i), &ret_devices[count]);
    return count;
}

const token_device *token_device_find(const token_device *devices, size_t count, zy_str serial)
{
    for (size_t i = 0; i < count; i++)
        if (serial.n == 0 || zy_str_eq_c(serial, devices[i].serial))
            return &devices[i];
    return NULL;
}

zy_status token_device_code(const token_device *d, zy_str challenge, int64_t now_s, char ret_code[7])
{
    const uint64_t step = (uint64_t)(now_s / STEP_S);
    for (size_t i = 0; i < challenge.n; i++)
        if (challenge.p[i] < '0' || challenge.p[i] > '9')
            return ZY_BAD_FIELD;
    if (challenge.n != 0 && challenge.n != CHALLENGE_DIGITS)
        return ZY_BAD_FIELD;
    return zy_otp_sm3(d->seed, d->seed_n, &step, NULL, challenge, 6, ret_code);
}

int token_device_seconds(int64_t now_s)
{
    return (int)(STEP_S - now_s % STEP_S);
}
