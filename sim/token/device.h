/* The demo's dynamic tokens: what a device in the hand would show. Used by zhangyin-token and the desk. */
#pragma once

#include "base/json.h"

typedef struct token_device {
    char serial[24], user[64];
    uint8_t seed[32];
    size_t seed_n;
} token_device;
#define TOKEN_DEVICES_MAX 16
/* Those of demo.json's text. */
size_t token_devices(const zy_json *demo, token_device *ret_devices, size_t max);
/* NULL: none. serial empty: the first. */
const token_device *token_device_find(const token_device *devices, size_t count, zy_str serial);
/* challenge empty: the code of the moment. ZY_BAD_FIELD: a challenge is eight digits. */
ZY_CHECKED zy_status token_device_code(const token_device *d, zy_str challenge, int64_t now_s, char ret_code[7]);
/* How long the shown code stays. */
int token_device_seconds(int64_t now_s);
