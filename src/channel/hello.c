/* The hello of ZSC/1: both sides, and the key schedule that it and the rotation share. */
#include <stdlib.h>
#include <string.h>

#include "channel/channel.h"

#define MAGIC          "ZSC1"
#define SUITE_SM       1
#define NODE_MAX       63
#define PART_BYTES     (ZY_ZSC_HELLO_RESPONSE_BYTES - ZY_SM2_SIG_BYTES)

/* Offsets inside the messages (secure-channel.md, "Hello"). */
enum { AT_SUITE = 4, AT_FLAGS = 5 };
enum { REQ_KEY_ID = 6, REQ_RANDOM = 8, REQ_EPH = 40 };
enum { RES_NODE = 6, RES_LIFETIME = 7, RES_TIME = 11, RES_RANDOM = 19, RES_EPH = 51 };

struct zy_zsc_hello {
    uint8_t request[ZY_ZSC_HELLO_REQUEST_BYTES];
    uint8_t server_key[ZY_SM2_PUB_BYTES];
    zy_sm2_key *eph;
};

static void put_u16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static void put_u32(uint8_t *p, uint32_t v)
{
    put_u16(p, (uint16_t)(v >> 16));
    put_u16(p + 2, (uint16_t)v);
}

static void put_u64(uint8_t *p, uint64_t v)
{
    put_u32(p, (uint32_t)(v >> 32));
    put_u32(p + 4, (uint32_t)v);
}

static uint16_t get_u16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get_u32(const uint8_t *p)
{
    return (uint32_t)get_u16(p) << 16 | get_u16(p + 2);
}

static uint64_t get_u64(const uint8_t *p)
{
    return (uint64_t)get_u32(p) << 32 | get_u32(p + 4);
}

void zy_channel_wipe(zy_channel *c)
{
    if (c != NULL)
        zy_wipe(c, sizeof *c);
}

/* Keys and session id out of c->prk; the top six bits of the id's first byte are the node. */
static zy_status derive_keys(zy_channel *c, uint8_t node)
{
    const struct {
        zy_str label;
        void *out;
        size_t n;
    } schedule[] = {
        { ZY_STR("zsc1 c2s key"), c->key_c2s, sizeof c->key_c2s },
        { ZY_STR("zsc1 c2s iv"), c->iv_c2s, sizeof c->iv_c2s },
        { ZY_STR("zsc1 s2c key"), c->key_s2c, sizeof c->key_s2c },
        { ZY_STR("zsc1 s2c iv"), c->iv_s2c, sizeof c->iv_s2c },
        { ZY_STR("zsc1 session id"), c->session_id, sizeof c->session_id },
    };
    for (size_t i = 0; i < ZY_COUNT(schedule); i++)
        ZY_TRY(zy_hkdf_expand(c->prk, schedule[i].label, schedule[i].out, schedule[i].n));
    c->session_id[0] = (uint8_t)((c->session_id[0] & 0x03) | node << 2);
    return ZY_OK;
}

/* th and the first keys of a session, the same on both sides. */
static zy_status agree(zy_channel *c, const uint8_t server_key[ZY_SM2_PUB_BYTES],
                       const uint8_t request[ZY_ZSC_HELLO_REQUEST_BYTES], const uint8_t part[PART_BYTES],
                       const zy_sm2_key *own, const uint8_t peer[ZY_SM2_PUB_BYTES])
{
    uint8_t z[32];
    ZY_TRY(zy_sm3(ZY_PARTS(ZY_PART_LABEL("ZSC1 transcript"), ZY_PART(server_key, ZY_SM2_PUB_BYTES),
                           ZY_PART(request, ZY_ZSC_HELLO_REQUEST_BYTES), ZY_PART(part, PART_BYTES)),
                  c->th));
    zy_status status = zy_sm2_ecdh(own, peer, z);
    if (status == ZY_OK)
        status = zy_hkdf_extract(c->th, sizeof c->th, z, sizeof z, c->prk);
    zy_wipe(z, sizeof z);
    if (status != ZY_OK)
        return status == ZY_BAD_FIELD ? ZY_CHANNEL_BAD : status;
    return derive_keys(c, part[RES_NODE]);
}

static bool begins_well(const uint8_t *p)
{
    return memcmp(p, MAGIC, 4) == 0 && p[AT_SUITE] == SUITE_SM && p[AT_FLAGS] == 0;
}

zy_status zy_zsc_server_hello(const void *request, size_t n, const zy_hello_signer *signer, uint8_t node,
                              uint32_t lifetime_s, zy_time now, uint8_t response[ZY_ZSC_HELLO_RESPONSE_BYTES],
                              zy_channel *ret_channel)
{
    const uint8_t *req = request;
    if (n != ZY_ZSC_HELLO_REQUEST_BYTES || !begins_well(req))
        return ZY_CHANNEL_BAD;
    ZY_AUTO(zy_sm2_pub_free) zy_sm2_pub *peer = NULL;
    zy_status status = zy_sm2_pub_from(req + REQ_EPH, ZY_SM2_PUB_BYTES, &peer);
    if (status != ZY_OK)
        return status == ZY_BAD_FIELD ? ZY_CHANNEL_BAD : status;

    uint16_t key_id = get_u16(req + REQ_KEY_ID);
    uint8_t server_key[ZY_SM2_PUB_BYTES];
    status = signer->public_key(signer->arg, key_id, server_key);
    if (status != ZY_OK)
        return status == ZY_NOT_FOUND ? ZY_CHANNEL_KEY : status;

    ZY_AUTO(zy_sm2_key_free) zy_sm2_key *eph = NULL;
    ZY_TRY(zy_sm2_generate_ephemeral(&eph));
    uint8_t part[ZY_ZSC_HELLO_RESPONSE_BYTES] = MAGIC;
    part[AT_SUITE] = SUITE_SM;
    part[RES_NODE] = node & NODE_MAX;
    put_u32(part + RES_LIFETIME, lifetime_s);
    put_u64(part + RES_TIME, (uint64_t)now.ms);
    ZY_TRY(zy_random(part + RES_RANDOM, 32));
    zy_sm2_public(eph, part + RES_EPH);

    zy_channel c = { 0 };
    status = agree(&c, server_key, req, part, eph, req + REQ_EPH);
    if (status == ZY_OK)
        status = signer->sign(signer->arg, key_id, c.th, part + PART_BYTES);
    if (status == ZY_OK) {
        memcpy(response, part, sizeof part);
        *ret_channel = c;
    }
    zy_channel_wipe(&c);
    return status;
}

zy_status zy_zsc_client_hello(uint16_t server_key_id, const uint8_t server_key[ZY_SM2_PUB_BYTES],
                              uint8_t request[ZY_ZSC_HELLO_REQUEST_BYTES], zy_zsc_hello **ret_hello)
{
    ZY_AUTO(zy_zsc_hello_free) zy_zsc_hello *h = calloc(1, sizeof *h);
    if (h == NULL)
        return ZY_NO_MEMORY;
    memcpy(h->request, MAGIC, 4);
    h->request[AT_SUITE] = SUITE_SM;
    put_u16(h->request + REQ_KEY_ID, server_key_id);
    ZY_TRY(zy_random(h->request + REQ_RANDOM, 32));
    ZY_TRY(zy_sm2_generate_ephemeral(&h->eph));
    zy_sm2_public(h->eph, h->request + REQ_EPH);
    memcpy(h->server_key, server_key, sizeof h->server_key);
    memcpy(request, h->request, sizeof h->request);
    *ret_hello = ZY_STEAL(h);
    return ZY_OK;
}

void zy_zsc_hello_free(zy_zsc_hello *h)
{
    if (h == NULL)
        return;
    zy_sm2_key_free(h->eph);
    zy_wipe(h, sizeof *h);
    free(h);
}

zy_status zy_zsc_client_finish(zy_zsc_hello *h, const void *response, size_t n, zy_channel *ret_channel,
                               uint32_t *ret_lifetime_s, zy_time *ret_server_time)
{
    const uint8_t *res = response;
    if (n != ZY_ZSC_HELLO_RESPONSE_BYTES || !begins_well(res) || res[RES_NODE] > NODE_MAX)
        return ZY_CHANNEL_BAD;
    zy_channel c = { 0 };
    ZY_AUTO(zy_sm2_pub_free) zy_sm2_pub *pinned = NULL;
    zy_status status = agree(&c, h->server_key, h->request, res, h->eph, res + RES_EPH);
    if (status == ZY_OK)
        status = zy_sm2_pub_from(h->server_key, sizeof h->server_key, &pinned);
    if (status == ZY_OK)
        status = zy_sm2_verify(pinned, ZY_LABEL_SERVER_HELLO, ZY_PARTS(ZY_PART(c.th, sizeof c.th)), res + PART_BYTES);
    if (status == ZY_OK) {
        *ret_channel = c;
        *ret_lifetime_s = get_u32(res + RES_LIFETIME);
        ret_server_time->ms = (int64_t)get_u64(res + RES_TIME);
    }
    zy_channel_wipe(&c);
    return status;
}

zy_status zy_zsc_rotate(const zy_channel *old, zy_str login_id, zy_channel *ret_new, uint8_t k_res[ZY_SM3_BYTES])
{
    zy_channel c = { 0 };
    zy_status status = zy_sm3(ZY_PARTS(ZY_PART_LABEL("ZSC1 login"), ZY_PART(old->th, sizeof old->th), ZY_PART_STR(login_id)),
                              c.th);
    if (status == ZY_OK)
        status = zy_hkdf_extract(c.th, sizeof c.th, old->prk, sizeof old->prk, c.prk);
    if (status == ZY_OK)
        status = derive_keys(&c, old->session_id[0] >> 2);
    if (status == ZY_OK)
        status = zy_hkdf_expand(c.prk, ZY_STR("zsc1 resume"), k_res, ZY_SM3_BYTES);
    if (status == ZY_OK)
        *ret_new = c;
    zy_channel_wipe(&c);
    return status;
}

zy_status zy_zsc_resume_proof(const uint8_t k_res[ZY_SM3_BYTES], const uint8_t th[ZY_SM3_BYTES], uint8_t proof[ZY_SM3_BYTES])
{
    return zy_hmac_sm3(k_res, ZY_SM3_BYTES, ZY_PARTS(ZY_PART_LABEL("ZSC1 resume"), ZY_PART(th, ZY_SM3_BYTES)), proof);
}

zy_status zy_zsc_device_id(const uint8_t public_key[ZY_SM2_PUB_BYTES], char out[ZY_DEVICE_ID_MAX])
{
    uint8_t digest[ZY_SM3_BYTES];
    ZY_TRY(zy_sm3(ZY_PARTS(ZY_PART(public_key, ZY_SM2_PUB_BYTES)), digest));
    zy_hex_encode(digest, 16, out);
    return ZY_OK;
}
