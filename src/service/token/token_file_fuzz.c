/* What the parser takes reads the same when it is written out again. */
#include <assert.h>
#include <string.h>

#include "service/token/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_file(const zy_token_file *file, zy_buf *out)
{
    for (size_t i = 0; i < file->count; i++) {
        char seed[2 * ZY_TOKEN_SEED_MAX + 1];
        zy_hex_encode(file->lines[i].seed, file->lines[i].seed_n, seed);
        zy_buf_fmt(out, "%s,%s\n", file->lines[i].serial, seed);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ZY_AUTO(zy_token_file_free) zy_token_file *file = NULL;
    ZY_AUTO(zy_token_file_free) zy_token_file *again = NULL;
    ZY_AUTO_BUF text = { 0 };
    if (zy_token_file_parse(zy_str_bytes(data, size), &file, NULL) != ZY_OK)
        return 0;
    write_file(file, &text);
    assert(zy_token_file_parse(zy_buf_view(&text), &again, NULL) == ZY_OK);
    assert(memcmp(file, again, sizeof *file) == 0);
    return 0;
}
