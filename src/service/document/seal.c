/* The last line of a document, which signs everything before it: "%ZYSEAL-1 CODE KEY SIGNATURE". */
#include <string.h>

#include "service/document/document_internal.h"

#define MAGIC "ZYSEAL-1"

zy_status document_seal(zy_keys *keys, char mark, const char *code, zy_buf *file)
{
    zy_key_info key;
    uint8_t signature[ZY_SM2_SIG_BYTES];
    char base64[4 * ((ZY_SM2_SIG_BYTES + 2) / 3) + 1];
    ZY_TRY(zy_keys_active(keys, ZY_KEY_RECEIPT, &key));
    ZY_TRY(zy_keys_sign(keys, ZY_KEY_RECEIPT, key.version, ZY_LABEL_RECEIPT, ZY_PARTS(ZY_PART(file->p, file->n), ZY_PART(code, strlen(code))),
                        signature));
    zy_base64_encode(signature, sizeof signature, base64);
    zy_buf_fmt(file, "%c" MAGIC " %s %u %s\n", mark, code, key.version, base64);
    return zy_buf_failed(file) ? ZY_REQUEST_TOO_LARGE : ZY_OK;
}

static bool is_code(zy_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= 'A' && s.p[i] <= 'Z') || (s.p[i] >= '2' && s.p[i] <= '7')))
            return false;
    return s.n == ZY_DOCUMENT_CODE_MAX - 1;
}

static zy_status parse_line(zy_str line, zy_document_seal *seal)
{
    zy_str rest = line, magic, code, version, signature;
    uint64_t number = 0;
    size_t n = 0;
    if (!zy_str_next(&rest, ' ', &magic) || !zy_str_next(&rest, ' ', &code) || !zy_str_next(&rest, ' ', &version) ||
        !zy_str_next(&rest, ' ', &signature) || rest.p != NULL)
        return ZY_BAD_REQUEST;
    if (!zy_str_eq_c(magic, "%" MAGIC) && !zy_str_eq_c(magic, "#" MAGIC))
        return ZY_BAD_REQUEST;
    if (!is_code(code) || zy_str_u64(version, &number) != ZY_OK || number == 0 || number > UINT16_MAX)
        return ZY_BAD_REQUEST;
    if (zy_base64_decode(signature, seal->signature, sizeof seal->signature, &n) != ZY_OK || n != sizeof seal->signature)
        return ZY_BAD_REQUEST;
    seal->key_version = (uint16_t)number;
    return zy_str_copy(code, seal->code, sizeof seal->code);
}

zy_status zy_document_seal_parse(zy_str file, zy_document_seal *ret_seal)
{
    zy_document_seal seal = { .key_version = 0 };
    if (file.n < 2 || file.p[file.n - 1] != '\n')
        return ZY_BAD_REQUEST;
    size_t start = file.n - 1;
    while (start > 0 && file.p[start - 1] != '\n')
        start--;
    ZY_TRY(parse_line(zy_str_sub(file, start, file.n - 1 - start), &seal));
    seal.signed_part = zy_str_sub(file, 0, start);
    *ret_seal = seal;
    return ZY_OK;
}

zy_status zy_document_verify(const zy_keys *keys, zy_str file, zy_document_seal *ret_seal)
{
    zy_document_seal seal;
    uint8_t point[ZY_SM2_PUB_BYTES];
    ZY_AUTO(zy_sm2_pub_free) zy_sm2_pub *pub = NULL;
    ZY_TRY(zy_document_seal_parse(file, &seal));
    ZY_TRY(zy_keys_public(keys, ZY_KEY_RECEIPT, seal.key_version, point));
    ZY_TRY(zy_sm2_pub_from(point, sizeof point, &pub));
    ZY_TRY(zy_sm2_verify(pub, ZY_LABEL_RECEIPT, ZY_PARTS(ZY_PART_STR(seal.signed_part), ZY_PART(seal.code, strlen(seal.code))),
                         seal.signature));
    *ret_seal = seal;
    return ZY_OK;
}
