#include "zy_test_passkey.h"

#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#define FLAG_PRESENT  0x01
#define FLAG_VERIFIED 0x04
#define FLAG_KEY      0x40

void zy_test_passkey_make(zy_test_passkey *k, const char *rp_id, const char *origin)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    uint8_t point[65];
    size_t n = 0;
    assert(key != NULL);
    *k = (zy_test_passkey){ .key = key, .rp_id = rp_id, .origin = origin, .counts = true };
    assert(RAND_bytes(k->id, sizeof k->id) == 1);
    assert(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point, &n) == 1 && n == sizeof point);
    memcpy(k->public_key, point + 1, sizeof k->public_key);
}

void zy_test_passkey_free(zy_test_passkey *k)
{
    EVP_PKEY_free(k->key);
    k->key = NULL;
}

static void client_data(const zy_test_passkey *k, const char *type, const uint8_t challenge[32], zy_test_passkey_answer *a)
{
    char text[44];
    zy_base64url_encode(challenge, 32, text);
    a->client_data_n = (size_t)snprintf(a->client_data, sizeof a->client_data,
                                        "{\"type\":\"%s\",\"challenge\":\"%s\",\"origin\":\"%s\",\"crossOrigin\":%s}",
                                        k->type != NULL ? k->type : type, text, k->origin, k->crossed ? "true" : "false");
    assert(a->client_data_n < sizeof a->client_data);
}

static void put(zy_test_passkey_answer *a, const void *p, size_t n)
{
    assert(a->data_n + n <= sizeof a->data);
    memcpy(a->data + a->data_n, p, n);
    a->data_n += n;
}

static void authenticator_data(const zy_test_passkey *k, uint8_t flags, zy_test_passkey_answer *a)
{
    uint8_t hash[32], counter[4] = { (uint8_t)(k->count >> 24), (uint8_t)(k->count >> 16), (uint8_t)(k->count >> 8), (uint8_t)k->count };
    size_t n = 0;
    assert(EVP_Q_digest(NULL, "SHA256", NULL, k->rp_id, strlen(k->rp_id), hash, &n) == 1);
    flags |= (uint8_t)((k->no_presence ? 0 : FLAG_PRESENT) | (k->no_verification ? 0 : FLAG_VERIFIED));
    a->data_n = 0;
    put(a, hash, sizeof hash);
    put(a, &flags, 1);
    put(a, counter, sizeof counter);
}

void zy_test_passkey_create(const zy_test_passkey *k, const uint8_t challenge[32], zy_test_passkey_answer *a)
{
    /* AAGUID, length of the id; COSE_Key {1: 2, 3: -7, -1: 1, -2: x, -3: y} */
    static const uint8_t AAGUID[16], KEY[] = { 0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20 }, Y[] = { 0x22, 0x58, 0x20 };
    const uint8_t length[2] = { 0, sizeof k->id };
    *a = (zy_test_passkey_answer){ .signature_n = 0 };
    client_data(k, "webauthn.create", challenge, a);
    authenticator_data(k, FLAG_KEY, a);
    put(a, AAGUID, sizeof AAGUID);
    put(a, length, sizeof length);
    put(a, k->id, sizeof k->id);
    put(a, KEY, sizeof KEY);
    put(a, k->public_key, 32);
    put(a, Y, sizeof Y);
    put(a, k->public_key + 32, 32);
}

void zy_test_passkey_sign(zy_test_passkey *k, const uint8_t challenge[32], zy_test_passkey_answer *a)
{
    uint8_t signed_data[sizeof a->data + 32];
    size_t n = 0;
    k->count += k->counts ? 1 : 0;
    *a = (zy_test_passkey_answer){ .signature_n = sizeof a->signature };
    client_data(k, "webauthn.get", challenge, a);
    authenticator_data(k, 0, a);
    memcpy(signed_data, a->data, a->data_n);
    assert(EVP_Q_digest(NULL, "SHA256", NULL, a->client_data, a->client_data_n, signed_data + a->data_n, &n) == 1);
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    assert(c != NULL && EVP_DigestSignInit(c, NULL, EVP_sha256(), NULL, k->key) == 1);
    assert(EVP_DigestSign(c, a->signature, &a->signature_n, signed_data, a->data_n + n) == 1);
    EVP_MD_CTX_free(c);
}

void zy_test_passkey_json(const zy_test_passkey *k, const zy_test_passkey_answer *a, char *out, size_t size)
{
    char id[24], client[1400], data[700], signature[112];
    zy_base64url_encode(k->id, sizeof k->id, id);
    zy_base64url_encode(a->client_data, a->client_data_n, client);
    zy_base64url_encode(a->data, a->data_n, data);
    zy_base64url_encode(a->signature, a->signature_n, signature);
    int n = snprintf(out, size, "{\"credential_id\":\"%s\",\"client_data\":\"%s\",\"authenticator_data\":\"%s\"%s%s%s}", id, client, data,
                     a->signature_n > 0 ? ",\"signature\":\"" : "", signature, a->signature_n > 0 ? "\"" : "");
    assert(n > 0 && (size_t)n < size);
}
