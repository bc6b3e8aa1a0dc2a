/* libzyclient: the portable C client of a Zhangyin bank. It speaks ZSC/1 (docs: secure-channel.md) over HTTPS, holds the
 * device key and the login, and recovers: a lost answer is asked again under the same id, a channel that is gone is
 * opened anew and the login resumed. One client is one device with at most one login; not thread-safe. */
#pragma once

#include "base/json.h"
#include "channel/channel.h"

typedef struct zy_client zy_client;

typedef struct zy_client_options {
    const char *url;             /* "https://127.0.0.1:8443" */
    const char *ca_file;         /* PEM to trust; NULL: the system's */
    uint16_t server_key_id;      /* the pinned key that signs hellos */
    uint8_t server_key[ZY_SM2_PUB_BYTES];
    const zy_sm2_key *device_key;/* borrowed; outlives the client */
    const char *device_name;     /* shown to the customer: "zhangyin call" */
    long timeout_ms;             /* of one request; 0: 15 s */
} zy_client_options;

ZY_CHECKED zy_status zy_client_new(const zy_client_options *options, zy_client **ret_client, zy_err *err);
void zy_client_free(zy_client *c); /* wipes keys; does not log out */
ZY_AUTO_DEFINE(zy_client, zy_client_free)

/* Opens a channel. Calls do it by themselves when there is none. ZY_SIGNATURE_BAD: not the pinned server. */
ZY_CHECKED zy_status zy_client_hello(zy_client *c, zy_err *err);

/* One call. body: a JSON object (borrowed; NULL: empty). id: idempotency id or NULL. *ret_answer: the answer's object
 * {"code","body",…}, whatever the code: ZY_OK means that an answer came and opened. After CHANNEL_EXPIRED the client says
 * hello again, resumes its login and repeats the call once; after a lost answer it repeats calls that carry an id (up to 3
 * times, each under the next seq). ZY_OUTCOME_UNKNOWN: no answer; ask again with the same id. */
ZY_CHECKED zy_status zy_client_call(zy_client *c, const char *api, const char *id, const zy_json *body, zy_json **ret_answer,
                                    zy_err *err);
/* True when an answer's code is `code`. */
bool zy_client_is(const zy_json *answer, const char *code);

/* Logs in with password and a code by SMS: `ask_code` is called when the text was sent and fills a terminated code of at
 * most 15 characters; false gives up. *ret_answer: the last answer; look at its code. */
typedef bool (*zy_client_code_fn)(void *arg, const char *masked_phone, char code[16]);
ZY_CHECKED zy_status zy_client_login(zy_client *c, const char *user, const char *password, zy_client_code_fn ask_code, void *arg,
                                     zy_json **ret_answer, zy_err *err);
/* {challenge_id, cipher} of a secret for this channel: purpose 1 login, 2 transaction, 3 new password, 4 card PIN. */
ZY_CHECKED zy_status zy_client_secret(zy_client *c, uint8_t purpose, const char *secret, zy_json **ret_member, zy_err *err);
/* Proves an order that `prepared` (the answer of X.prepare) speaks of: recomputes the digest of its text and refuses a
 * difference (ZY_DIGEST_MISMATCH), verifies the transaction password and the code by SMS, confirms. *ret_answer: the last
 * answer. */
ZY_CHECKED zy_status zy_client_prove(zy_client *c, const zy_json *prepared, const char *pay_password, zy_client_code_fn ask_code,
                                     void *arg, zy_json **ret_answer, zy_err *err);
/* The device member {name, os, fingerprint, public_key, sig} for the hello at hand. */
ZY_CHECKED zy_status zy_client_device(zy_client *c, zy_json **ret_device, zy_err *err);

/* --- For tests and tools: the wire itself --- */
typedef struct zy_client_wire {
    long http;                /* status */
    bool has_seq;             /* the answer carried ZSC-Seq */
    zy_buf body;              /* caller frees */
} zy_client_wire;
/* Posts raw bytes to /zsc/1/hello or /zsc/1/call with these headers (NULL: left out). */
ZY_CHECKED zy_status zy_client_post(zy_client *c, const char *path, const char *session, const char *seq, const void *p, size_t n,
                                    zy_client_wire *ret_wire, zy_err *err);
zy_channel *zy_client_channel(zy_client *c);         /* the channel at hand; NULL: none */
/* Forgets the channel, keeps login and keys: the next call resumes, as after a restart of the server. */
void zy_client_drop_channel(zy_client *c);
