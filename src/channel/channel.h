/* The secure channel ZSC/1 (docs: secure-channel.md): the codec alone. No socket, no table; shared by the
 * customer door and sdk/. One zy_channel is one session, on either side. */
#pragma once

#include "base/clock.h"
#include "crypto/crypto.h"

#define ZY_ZSC_HELLO_REQUEST_BYTES  105
#define ZY_ZSC_HELLO_RESPONSE_BYTES 180
#define ZY_ZSC_SESSION_ID_BYTES     16
#define ZY_ZSC_SESSION_TEXT_MAX     23 /* base64url without padding, terminated */
#define ZY_ZSC_BODY_MIN             17
#define ZY_ZSC_BODY_MAX             65536
#define ZY_ZSC_SEQ_MAX              INT64_C(9007199254740991)
#define ZY_ZSC_WINDOW               1024

/* The keys of one session; wiped with zy_channel_wipe. Not thread-safe: its owner locks. */
typedef struct zy_channel {
    uint8_t session_id[ZY_ZSC_SESSION_ID_BYTES];
    uint8_t th[ZY_SM3_BYTES];
    uint8_t prk[ZY_SM3_BYTES];
    uint8_t key_c2s[ZY_SM4_BYTES], key_s2c[ZY_SM4_BYTES];
    uint8_t iv_c2s[ZY_GCM_IV_BYTES], iv_s2c[ZY_GCM_IV_BYTES];
    uint64_t highest;                       /* server: highest seq seen; client: last seq used */
    uint64_t window[ZY_ZSC_WINDOW / 64];    /* server: bit (seq % WINDOW) of the WINDOW numbers behind highest */
} zy_channel;
void zy_channel_wipe(zy_channel *c);

/* --- Server: hello --- */
/* Signs "ZSC1 server hello" || th with the key of that id. ZY_CHANNEL_KEY for a retired or unknown id. */
typedef struct zy_hello_signer {
    zy_status (*public_key)(void *arg, uint16_t key_id, uint8_t out[ZY_SM2_PUB_BYTES]);
    zy_status (*sign)(void *arg, uint16_t key_id, const uint8_t th[ZY_SM3_BYTES], uint8_t sig[ZY_SM2_SIG_BYTES]);
    void *arg;
} zy_hello_signer;
/* ZY_CHANNEL_BAD, ZY_CHANNEL_KEY. On success the channel has its keys and session id. */
ZY_CHECKED zy_status zy_zsc_server_hello(const void *request, size_t n, const zy_hello_signer *signer, uint8_t node,
                                         uint32_t lifetime_s, zy_time now,
                                         uint8_t response[ZY_ZSC_HELLO_RESPONSE_BYTES], zy_channel *ret_channel);
/* --- Client: hello --- */
typedef struct zy_zsc_hello zy_zsc_hello; /* between request and response: holds the ephemeral key */
ZY_CHECKED zy_status zy_zsc_client_hello(uint16_t server_key_id, const uint8_t server_key[ZY_SM2_PUB_BYTES],
                                         uint8_t request[ZY_ZSC_HELLO_REQUEST_BYTES], zy_zsc_hello **ret_hello);
void zy_zsc_hello_free(zy_zsc_hello *h); /* wipes */
ZY_AUTO_DEFINE(zy_zsc_hello, zy_zsc_hello_free)
/* ZY_CHANNEL_BAD when malformed, ZY_SIGNATURE_BAD when not signed by the pinned key. */
ZY_CHECKED zy_status zy_zsc_client_finish(zy_zsc_hello *h, const void *response, size_t n, zy_channel *ret_channel,
                                          uint32_t *ret_lifetime_s, zy_time *ret_server_time);

/* --- Session id on the wire --- */
void zy_zsc_session_text(const uint8_t id[ZY_ZSC_SESSION_ID_BYTES], char out[ZY_ZSC_SESSION_TEXT_MAX]);
ZY_CHECKED zy_status zy_zsc_session_parse(zy_str header, uint8_t id[ZY_ZSC_SESSION_ID_BYTES]); /* ZY_CHANNEL_BAD */
ZY_CHECKED zy_status zy_zsc_seq_parse(zy_str header, uint64_t *ret_seq);                       /* ZY_CHANNEL_BAD */

/* --- Calls --- from_client: k_c2s, otherwise k_s2c. `out` of seal: n + 16 bytes. */
ZY_CHECKED zy_status zy_zsc_seal(const zy_channel *c, bool from_client, uint64_t seq, const void *plain, size_t n,
                                 uint8_t *out);
ZY_CHECKED zy_status zy_zsc_open(const zy_channel *c, bool from_client, uint64_t seq, const void *in, size_t n,
                                 uint8_t *out); /* ZY_CHANNEL_BAD */
/* Server, after the tag was right, under the session's lock: test-and-set. ZY_CHANNEL_REPLAY. */
ZY_CHECKED zy_status zy_zsc_window_take(zy_channel *c, uint64_t seq);

/* --- Rotation at login and resume --- derives the new channel (node kept, seq from 1) and k_res. */
ZY_CHECKED zy_status zy_zsc_rotate(const zy_channel *old, zy_str login_id, zy_channel *ret_new,
                                   uint8_t k_res[ZY_SM3_BYTES]);
/* proof = HMAC-SM3(k_res, "ZSC1 resume" || th of the new hello). */
ZY_CHECKED zy_status zy_zsc_resume_proof(const uint8_t k_res[ZY_SM3_BYTES], const uint8_t th[ZY_SM3_BYTES],
                                         uint8_t proof[ZY_SM3_BYTES]);
/* device_id: lower-case hex of the first 16 bytes of SM3(public key). */
#define ZY_DEVICE_ID_MAX 33
ZY_CHECKED zy_status zy_zsc_device_id(const uint8_t public_key[ZY_SM2_PUB_BYTES], char out[ZY_DEVICE_ID_MAX]);
