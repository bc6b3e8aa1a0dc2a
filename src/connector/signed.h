/* Questions and answers in JSON that both sides sign with a key that they share; for the two ends of such a protocol (the
 * connectors of this room, and the programs in sim/ that play the other side). README.md has the protocols. */
#pragma once

#include "base/json.h"
#include "crypto/crypto.h"

#define ZY_SIGNED_HEADER  "X-Zhangyin-Signature"
#define ZY_SIGNED_HEX_MAX (2 * ZY_SM3_BYTES + 1)
#define ZY_SIGNED_ID_MAX  33 /* 32 hex, terminated */

/* Lower-case hex of HMAC-SM3(key, label || body). */
ZY_CHECKED zy_status zy_signed_make(zy_str key, const char *label, zy_str body, char out[ZY_SIGNED_HEX_MAX]);
/* In constant time. ZY_SIGNATURE_BAD. */
ZY_CHECKED zy_status zy_signed_check(zy_str key, const char *label, zy_str body, zy_str signature);
/* An answer `{"v":1,"id":<that of the question>, …}`. ZY_BAD_REQUEST for everything else. */
ZY_CHECKED zy_status zy_signed_answer_parse(zy_str body, zy_str id, zy_json **ret_answer);
