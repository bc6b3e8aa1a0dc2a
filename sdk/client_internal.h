/* What the files of the client share; no shell includes it. */
#pragma once

#include "zyclient.h"

struct zy_client {
    zy_client_options options;
    char device_name[64], device_os[32];
    zy_client_transport transport;
    zy_channel channel;
    bool has_channel;
    int64_t skew_ms;           /* server's clock minus ours */
    int64_t expires_ms;        /* of the channel, on our clock */
    zy_client_state login;
};

/* What both sides have after a login or a resume was answered OK: made before the call is sent, since its answer may be
 * lost. */
typedef struct zy_rotation {
    zy_channel channel;
    uint8_t k_res[ZY_SM3_BYTES];
} zy_rotation;

/* One sealed exchange on the channel at hand under the next seq; never repeats. */
ZY_CHECKED zy_status zy_client_exchange(zy_client *c, const char *api, const char *id, const zy_json *body, zy_json **ret_answer,
                                        zy_err *err);
/* Says hello unless there is a channel, and resumes the login if there is one. */
ZY_CHECKED zy_status zy_client_ready(zy_client *c, zy_err *err);
/* Whether the server may have acted though no answer came. libcurl itself may send a request again on a broken
 * connection; then the second copy is answered as a replay or, after a rotation, on a session that is gone. */
bool zy_client_may_have_acted(zy_status status);
/* A rotating call (auth.login.finish, auth.resume) on the channel at hand, and the rotation when it was done. On
 * an unknown outcome the newer resume key is kept beside the older ones if the client is logged in as login_id. */
ZY_CHECKED zy_status zy_client_rotating(zy_client *c, const char *api, const char *login_id, const zy_json *body,
                                        zy_json **ret_answer, zy_err *err);
/* Asks for the code that was sent to the phone which `begun` names. */
ZY_CHECKED zy_status zy_client_ask_code(const zy_json *begun, zy_client_code_fn ask_code, void *arg, char code[16], zy_err *err);
void zy_client_forget_login(zy_client *c);
