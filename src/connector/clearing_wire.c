#include "connector/clearing_wire.h"

#include <stdio.h>
#include <string.h>

#include "connector/clearing.h"

#define SEALED_MAX 1024 /* bytes of one personal field, sealed */

static const char *const HEADERS[ZY_WIRE_FIELDS] = {
    [ZY_WIRE_FROM] = "X-Clearing-From",     [ZY_WIRE_TO] = "X-Clearing-To",   [ZY_WIRE_TYPE] = "X-Clearing-Type",
    [ZY_WIRE_ID] = "X-Clearing-Id",         [ZY_WIRE_RE] = "X-Clearing-Re",   [ZY_WIRE_TIME] = "X-Clearing-Time",
    [ZY_WIRE_NUMBER] = "X-Clearing-Number", [ZY_WIRE_KEY] = "X-Clearing-Key", [ZY_WIRE_SIGNATURE] = "X-Clearing-Signature",
};

const char *zy_wire_header(zy_wire_field field)
{
    return HEADERS[field];
}

static zy_status read_key(zy_str hex, zy_sm2_pub **ret_pub)
{
    uint8_t point[ZY_SM2_PUB_BYTES];
    size_t n = 0;
    ZY_TRY(zy_hex_decode(hex, point, sizeof point, &n));
    return zy_sm2_pub_from(point, n, ret_pub);
}

zy_status zy_wire_peer_make(zy_str code, zy_str sign_hex, zy_str box_hex, zy_wire_peer *ret_peer)
{
    zy_wire_peer peer = { "" };
    ZY_TRY(zy_str_copy(code, peer.code, sizeof peer.code));
    zy_status status = read_key(sign_hex, &peer.sign);
    if (status == ZY_OK)
        status = read_key(box_hex, &peer.box);
    if (status != ZY_OK)
        zy_wire_peer_clear(&peer);
    else
        *ret_peer = peer;
    return status;
}

void zy_wire_peer_clear(zy_wire_peer *peer)
{
    zy_sm2_pub_free(peer->sign);
    zy_sm2_pub_free(peer->box);
    *peer = (zy_wire_peer){ "" };
}

zy_status zy_wire_id_new(char out[ZY_WIRE_ID_MAX])
{
    uint8_t random[(ZY_WIRE_ID_MAX - 1) / 2];
    ZY_TRY(zy_random(random, sizeof random));
    zy_hex_encode(random, sizeof random, out);
    return ZY_OK;
}

/* --- personal fields: base64 of SM4-GCM. The key is fresh for each message, the nonce the number of the field. --- */

typedef struct field_key {
    uint8_t bytes[ZY_SM4_BYTES];
    const char *type;
} field_key;

static void field_key_wipe(field_key *key)
{
    zy_wipe(key->bytes, sizeof key->bytes);
}

#define AUTO_FIELD_KEY __attribute__((cleanup(field_key_wipe))) field_key
#define FIELD_PARTS(key, path)                                                                                                         \
    ZY_PARTS(ZY_PART_LABEL("ZY clearing field\n"), ZY_PART_STR(zy_str_of((key)->type)), ZY_PART_LABEL("\n"),                           \
             ZY_PART_STR(zy_str_of(path)))

static void nonce_of(unsigned field, uint8_t iv[ZY_GCM_IV_BYTES])
{
    memset(iv, 0, ZY_GCM_IV_BYTES);
    for (int i = 0; i < 4; i++)
        iv[ZY_GCM_IV_BYTES - 1 - i] = (uint8_t)(field >> (8 * i));
}

static zy_status seal_field(void *arg, unsigned field, const char *path, zy_str in, zy_buf *out)
{
    const field_key *key = arg;
    uint8_t iv[ZY_GCM_IV_BYTES], sealed[SEALED_MAX];
    char text[4 * ((SEALED_MAX + 2) / 3) + 1];
    if (in.n + ZY_GCM_TAG_BYTES > sizeof sealed)
        return ZY_BAD_FIELD;
    nonce_of(field, iv);
    ZY_TRY(zy_sm4_gcm_seal(key->bytes, iv, FIELD_PARTS(key, path), in.p, in.n, sealed));
    zy_base64_encode(sealed, in.n + ZY_GCM_TAG_BYTES, text);
    zy_buf_c(out, text);
    return ZY_OK;
}

static zy_status open_field(void *arg, unsigned field, const char *path, zy_str in, zy_buf *out)
{
    const field_key *key = arg;
    uint8_t iv[ZY_GCM_IV_BYTES], sealed[SEALED_MAX];
    size_t n = 0;
    if (zy_base64_decode(in, sealed, sizeof sealed, &n) != ZY_OK || n < ZY_GCM_TAG_BYTES)
        return ZY_SIGNATURE_BAD;
    nonce_of(field, iv);
    ZY_TRY(zy_sm4_gcm_open(key->bytes, iv, FIELD_PARTS(key, path), sealed, n, sealed));
    zy_buf_add(out, sealed, n - ZY_GCM_TAG_BYTES);
    zy_wipe(sealed, n);
    return ZY_OK;
}

/* --- sending --- */

static zy_status new_field_key(const zy_wire_peer *peer, const char *type, field_key *key, zy_wire_head *head)
{
    ZY_AUTO_BUF wrapped = { 0 };
    key->type = type;
    ZY_TRY(zy_random(key->bytes, sizeof key->bytes));
    ZY_TRY(zy_sm2_encrypt(peer->box, key->bytes, sizeof key->bytes, &wrapped));
    if (4 * ((wrapped.n + 2) / 3) + 1 > ZY_WIRE_TEXT_MAX)
        return ZY_INTERNAL;
    zy_base64_encode(wrapped.p, wrapped.n, head->text[ZY_WIRE_KEY]);
    return ZY_OK;
}

/* Everything above the signature, each on a line of its own. */
static void lines_of(const zy_wire_head *head, zy_buf *out)
{
    for (int i = 0; i < ZY_WIRE_SIGNATURE; i++) {
        zy_buf_c(out, head->text[i]);
        zy_buf_char(out, '\n');
    }
}

static zy_status sign(const zy_wire_self *self, zy_wire_head *head, zy_str body)
{
    ZY_AUTO_BUF lines = { 0 };
    uint8_t sig[ZY_SM2_SIG_BYTES];
    lines_of(head, &lines);
    if (zy_buf_failed(&lines))
        return ZY_NO_MEMORY;
    ZY_TRY(self->sign(self->arg, ZY_PARTS(ZY_PART_STR(zy_buf_view(&lines)), ZY_PART_STR(body)), sig));
    zy_hex_encode(sig, sizeof sig, head->text[ZY_WIRE_SIGNATURE]);
    return ZY_OK;
}

static zy_status fill_head(const zy_wire_self *self, const zy_wire_peer *peer, const zy_wire_out *out, zy_wire_head *head)
{
    const char *type = out->message != NULL ? zy_iso_kind_name(out->message->kind) : out->type;
    ZY_TRY(zy_str_copy(self->code, head->text[ZY_WIRE_FROM], ZY_WIRE_TEXT_MAX));
    ZY_TRY(zy_str_copy(zy_str_of(peer->code), head->text[ZY_WIRE_TO], ZY_WIRE_TEXT_MAX));
    ZY_TRY(zy_str_copy(zy_str_of(type), head->text[ZY_WIRE_TYPE], ZY_WIRE_TEXT_MAX));
    ZY_TRY(zy_str_copy(zy_str_of(out->id), head->text[ZY_WIRE_ID], ZY_WIRE_TEXT_MAX));
    ZY_TRY(zy_str_copy(zy_str_of(out->re), head->text[ZY_WIRE_RE], ZY_WIRE_TEXT_MAX));
    snprintf(head->text[ZY_WIRE_TIME], ZY_WIRE_TEXT_MAX, "%lld", (long long)out->now.ms);
    snprintf(head->text[ZY_WIRE_NUMBER], ZY_WIRE_TEXT_MAX, "%lld", (long long)out->number);
    return ZY_OK;
}

zy_status zy_wire_seal(const zy_wire_self *self, const zy_wire_peer *peer, const zy_wire_out *out, zy_wire_head *ret_head,
                       zy_buf *ret_body, zy_err *err)
{
    memset(ret_head, 0, sizeof *ret_head);
    ZY_TRY(fill_head(self, peer, out, ret_head));
    if (out->message != NULL) {
        AUTO_FIELD_KEY key;
        ZY_TRY(new_field_key(peer, zy_iso_kind_name(out->message->kind), &key, ret_head));
        const zy_iso_cipher cipher = { seal_field, &key };
        ZY_TRY(zy_iso_write(out->message, &cipher, ret_body, err));
    }
    return sign(self, ret_head, zy_buf_view(ret_body));
}

/* --- receiving --- */

static bool is_from_to(const zy_wire_head *head, zy_str from, zy_str to)
{
    return zy_str_eq_c(from, head->text[ZY_WIRE_FROM]) && zy_str_eq_c(to, head->text[ZY_WIRE_TO]);
}

static bool is_fresh(const zy_wire_head *head, zy_time now)
{
    uint64_t at = 0;
    if (zy_str_u64(zy_str_of(head->text[ZY_WIRE_TIME]), &at) != ZY_OK || at > INT64_MAX / 2)
        return false;
    int64_t age = now.ms - (int64_t)at;
    return age <= ZY_CLEARING_WINDOW.ms && age >= -ZY_CLEARING_WINDOW.ms;
}

/* No line break may move what stands on one line to another. */
static bool is_one_line_each(const zy_wire_head *head)
{
    bool fine = true;
    for (int i = 0; i < ZY_WIRE_FIELDS; i++)
        for (const char *c = head->text[i]; *c != '\0'; c++)
            fine &= *c > ' ' && *c < 0x7f;
    return fine;
}

zy_status zy_wire_signed(const zy_sm2_pub *pub, const zy_wire_head *head, zy_str body)
{
    ZY_AUTO_BUF lines = { 0 };
    uint8_t sig[ZY_SM2_SIG_BYTES];
    size_t n = 0;
    if (!is_one_line_each(head) || zy_hex_decode(zy_str_of(head->text[ZY_WIRE_SIGNATURE]), sig, sizeof sig, &n) != ZY_OK ||
        n != sizeof sig)
        return ZY_SIGNATURE_BAD;
    lines_of(head, &lines);
    if (zy_buf_failed(&lines))
        return ZY_NO_MEMORY;
    return zy_sm2_verify(pub, ZY_LABEL_CLEARING, ZY_PARTS(ZY_PART_STR(zy_buf_view(&lines)), ZY_PART_STR(body)), sig);
}

zy_status zy_wire_prove(const zy_wire_self *self, const zy_wire_peer *peer, const zy_wire_head *head, zy_str body, zy_time now)
{
    if (!is_from_to(head, zy_str_of(peer->code), self->code) || !is_fresh(head, now) ||
        strlen(head->text[ZY_WIRE_ID]) != ZY_WIRE_ID_MAX - 1)
        return ZY_SIGNATURE_BAD;
    return zy_wire_signed(peer->sign, head, body);
}

bool zy_wire_number(const zy_wire_head *head, int64_t *ret_number)
{
    uint64_t number = 0;
    if (zy_str_u64(zy_str_of(head->text[ZY_WIRE_NUMBER]), &number) != ZY_OK || number > INT64_MAX)
        return false;
    *ret_number = (int64_t)number;
    return true;
}

static zy_status open_field_key(const zy_wire_self *self, const zy_wire_head *head, field_key *key)
{
    uint8_t wrapped[ZY_WIRE_TEXT_MAX];
    size_t n = 0, key_n = 0;
    key->type = head->text[ZY_WIRE_TYPE];
    if (zy_base64_decode(zy_str_of(head->text[ZY_WIRE_KEY]), wrapped, sizeof wrapped, &n) != ZY_OK || n == 0)
        return ZY_BAD_REQUEST;
    ZY_TRY(self->open(self->arg, wrapped, n, key->bytes, sizeof key->bytes, &key_n));
    return key_n == sizeof key->bytes ? ZY_OK : ZY_SIGNATURE_BAD;
}

zy_status zy_wire_message(const zy_wire_self *self, const zy_wire_head *head, zy_str body, zy_iso_doc **ret_doc,
                          zy_iso_message *ret_message, zy_err *err)
{
    AUTO_FIELD_KEY key = { { 0 }, NULL };
    zy_iso_kind kind;
    if (!zy_iso_kind_parse(zy_str_of(head->text[ZY_WIRE_TYPE]), &kind))
        return zy_fail(err, ZY_BAD_REQUEST, NULL, "a message of an unknown type");
    ZY_TRY(open_field_key(self, head, &key));
    const zy_iso_cipher cipher = { open_field, &key };
    zy_status status = zy_iso_read(body, kind, &cipher, ret_doc, ret_message, err);
    return status == ZY_SIGNATURE_BAD ? ZY_BAD_REQUEST : status; /* the key is right: it is the message that is not */
}
