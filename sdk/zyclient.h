/* libzyclient: the portable C client of a Zhangyin bank. It speaks ZSC/1 (docs: secure-channel.md) over HTTPS, holds the
 * device key and the login, and recovers: a lost answer is asked again under the same id, a channel that is gone is
 * opened anew and the login resumed. One client is one device with at most one login; not thread-safe. */
#pragma once

#include "base/json.h"
#include "channel/channel.h"
#include "zykeypad.h"

typedef struct zy_client zy_client;

/* One HTTP exchange. */
typedef struct zy_client_request {
    const char *path;            /* "/zsc/1/call" */
    const char *session, *seq;   /* headers; NULL: left out */
    const void *body;
    size_t n;
} zy_client_request;

typedef struct zy_client_wire {
    long http;                   /* status */
    bool has_seq;                /* the answer carried ZSC-Seq */
    char seq[24];                /* and what it said; "" when it was longer */
    zy_buf body;                 /* caller frees */
} zy_client_wire;

/* Carries requests. `post` answers ZY_OUTCOME_UNKNOWN when no whole answer came; `free` may be NULL. */
typedef struct zy_client_transport {
    zy_status (*post)(void *arg, const zy_client_request *request, zy_client_wire *ret_wire, zy_err *err);
    void (*free)(void *arg);
    void *arg;
} zy_client_transport;
/* HTTPS by libcurl: TLS 1.2 or better, the server's certificate checked, redirects not followed. */
ZY_CHECKED zy_status zy_client_curl(const char *url, const char *ca_file, long timeout_ms, zy_client_transport *ret_transport,
                                    zy_err *err);

/* What a login needs to outlive its channel; secret. Kept by the shell, encrypted (zystore.h). */
#define ZY_CLIENT_RESUME_KEYS 8 /* resumes lost in a row that a login outlives */
typedef struct zy_client_state {
    char login_id[40];           /* "": not logged in */
    size_t key_count;            /* more than one only after a lost answer; newest first */
    uint8_t keys[ZY_CLIENT_RESUME_KEYS][ZY_SM3_BYTES];
} zy_client_state;

typedef struct zy_client_options {
    const char *url;             /* "https://127.0.0.1:8443" */
    const char *ca_file;         /* PEM to trust; NULL: the system's */
    uint16_t server_key_id;      /* the pinned key that signs hellos */
    uint8_t server_key[ZY_SM2_PUB_BYTES];
    const zy_sm2_key *device_key;/* borrowed; outlives the client */
    const char *device_name;     /* shown to the customer: "zhangyin call" */
    const char *device_os;       /* NULL: "Linux" */
    long timeout_ms;             /* of one request; 0: 15 s */
    const zy_client_transport *transport; /* NULL: libcurl; otherwise copied, and freed with the client */
    /* Told of every change of the login: resumed, ended ("" in login_id), or newly made. May be NULL. */
    void (*on_login)(void *arg, const zy_client_state *state);
    void *on_login_arg;
} zy_client_options;

ZY_CHECKED zy_status zy_client_new(const zy_client_options *options, zy_client **ret_client, zy_err *err);
void zy_client_free(zy_client *c); /* wipes keys; does not log out */
ZY_AUTO_DEFINE(zy_client, zy_client_free)

/* Opens a channel. Calls do it by themselves when there is none. ZY_SIGNATURE_BAD: not the pinned server; ZY_CHANNEL_KEY:
 * the pinned key is retired, the client is too old. */
ZY_CHECKED zy_status zy_client_hello(zy_client *c, zy_err *err);

/* One call. body: a JSON object (borrowed; NULL: empty). id: idempotency id or NULL. *ret_answer: the answer's object
 * {"code","body",…}, whatever the code: ZY_OK means that an answer came and opened. After CHANNEL_EXPIRED the client says
 * hello again, resumes its login and repeats the call; after a lost answer, a replay or CHANNEL_BUSY it repeats calls that
 * carry an id (up to 3 times in all, each under the next seq). ZY_OUTCOME_UNKNOWN: no answer; ask again with the same id.
 * ZY_LOGIN_REQUIRED: the login could not be resumed. */
ZY_CHECKED zy_status zy_client_call(zy_client *c, const char *api, const char *id, const zy_json *body, zy_json **ret_answer,
                                    zy_err *err);
/* The same for an API that does no harm when it is said twice (it reads, or repeats its first answer as order.confirm
 * does): it is repeated without an id. */
ZY_CHECKED zy_status zy_client_query(zy_client *c, const char *api, const zy_json *body, zy_json **ret_answer, zy_err *err);
/* True when an answer's code is `code`. */
bool zy_client_is(const zy_json *answer, const char *code);
/* The server's time, as far as the last hello told. */
zy_time zy_client_now(const zy_client *c);

/* --- Login --- */
/* Logs in with password and a code by SMS: `ask_code` is called when the text was sent and fills a terminated code of at
 * most 15 characters; false gives up. *ret_answer: the last answer; look at its code. */
typedef bool (*zy_client_code_fn)(void *arg, const char *masked_phone, char code[16]);
ZY_CHECKED zy_status zy_client_login(zy_client *c, const char *user, const char *password, zy_client_code_fn ask_code, void *arg,
                                     zy_json **ret_answer, zy_err *err);
/* The steps, for shells that have a screen of their own. start: secret = the member of zy_client_secret (borrowed);
 * captcha: {captcha_id, text} (borrowed) or NULL; never sent twice, since proof and challenge belong to one channel.
 * begin: sends the code. finish: on OK both sides rotate; when the answer is lost the client asks the new session. */
ZY_CHECKED zy_status zy_client_login_start(zy_client *c, const char *user, const zy_json *secret, const zy_json *captcha,
                                           zy_json **ret_answer, zy_err *err);
ZY_CHECKED zy_status zy_client_login_begin(zy_client *c, const char *login_id, const char *factor, zy_json **ret_answer,
                                           zy_err *err);
ZY_CHECKED zy_status zy_client_login_finish(zy_client *c, const char *login_id, const char *factor, const char *value,
                                            zy_json **ret_answer, zy_err *err);
/* Ends the login here whatever the server says, and there if it can be reached. */
ZY_CHECKED zy_status zy_client_logout(zy_client *c, zy_err *err);
/* The login's state, and a client that takes one up again: its next call resumes. */
void zy_client_state_of(const zy_client *c, zy_client_state *ret_state); /* caller wipes */
ZY_CHECKED zy_status zy_client_restore(zy_client *c, const zy_client_state *state); /* ZY_BAD_FIELD */

/* {challenge_id, cipher} of a secret for this channel: purpose 1 login, 2 transaction, 3 new password, 4 PIN of a card or of an e-account. */
ZY_CHECKED zy_status zy_client_secret(zy_client *c, uint8_t purpose, const char *secret, zy_json **ret_member, zy_err *err);
/* The same out of a soft keyboard: what was typed is in clear only inside the buffer that is encrypted. */
ZY_CHECKED zy_status zy_client_secret_typed(zy_client *c, uint8_t purpose, const zy_keypad *keypad, zy_json **ret_member,
                                            zy_err *err);

/* --- Orders --- */
/* Proves an order that `prepared` (the answer of X.prepare) speaks of: recomputes the digest of its text and refuses a
 * difference (ZY_DIGEST_MISMATCH), verifies the transaction password and the code by SMS, confirms. *ret_answer: the last
 * answer. */
ZY_CHECKED zy_status zy_client_prove(zy_client *c, const zy_json *prepared, const char *pay_password, zy_client_code_fn ask_code,
                                     void *arg, zy_json **ret_answer, zy_err *err);
/* The steps. check: order: the body of a prepare's answer. value of a factor: a member of zy_client_secret or a text. */
#define ZY_CLIENT_DIGEST_TEXT 65
ZY_CHECKED zy_status zy_client_order_check(const zy_json *order, char ret_order_id[40], char ret_digest[ZY_CLIENT_DIGEST_TEXT],
                                           zy_err *err);
ZY_CHECKED zy_status zy_client_order_begin(zy_client *c, const char *order_id, const char *factor, zy_json **ret_answer,
                                           zy_err *err);
ZY_CHECKED zy_status zy_client_order_verify(zy_client *c, const char *order_id, const char *factor, const zy_json *value,
                                            zy_json **ret_answer, zy_err *err);
ZY_CHECKED zy_status zy_client_order_confirm(zy_client *c, const char *order_id, const char *digest, zy_json **ret_answer,
                                             zy_err *err);
/* Base64 of the device's signature over the order's text: the factor "signature" of a bound device. */
#define ZY_CLIENT_SIG_TEXT 89
ZY_CHECKED zy_status zy_client_order_sign(const zy_client *c, zy_str text, char ret_signature[ZY_CLIENT_SIG_TEXT]);

/* The device member {name, os, fingerprint, public_key, sig} for the hello at hand. */
ZY_CHECKED zy_status zy_client_device(zy_client *c, zy_json **ret_device, zy_err *err);

/* --- For tests and tools: the wire itself --- */
/* Posts raw bytes to /zsc/1/hello or /zsc/1/call with these headers (NULL: left out). */
ZY_CHECKED zy_status zy_client_post(zy_client *c, const char *path, const char *session, const char *seq, const void *p, size_t n,
                                    zy_client_wire *ret_wire, zy_err *err);
zy_channel *zy_client_channel(zy_client *c);         /* the channel at hand; NULL: none */
/* Forgets the channel, keeps login and keys: the next call resumes, as after a restart of the server. */
void zy_client_drop_channel(zy_client *c);
