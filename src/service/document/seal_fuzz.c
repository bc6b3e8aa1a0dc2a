/* A seal that is taken is the last line alone: the signed part ends before it, and nothing in the line was passed over. */
#include <assert.h>
#include <string.h>

#include "service/document/document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    zy_document_seal seal;
    zy_str file = zy_str_bytes(data, size);
    if (zy_document_seal_parse(file, &seal) != ZY_OK)
        return 0;
    zy_str line = zy_str_sub(file, seal.signed_part.n, size);
    assert(seal.signed_part.n < size && line.p[line.n - 1] == '\n' && memchr(line.p, '\n', line.n) == line.p + line.n - 1);
    assert(strlen(seal.code) == ZY_DOCUMENT_CODE_MAX - 1 && seal.key_version > 0);
    assert(seal.signed_part.n == 0 || seal.signed_part.p[seal.signed_part.n - 1] == '\n');
    return 0;
}
