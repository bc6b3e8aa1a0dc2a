/* Whatever stands in a value: an accepted order has the lines that were added and no other. */
#include <assert.h>
#include <string.h>

#include "flow/flow_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    zy_str value = zy_str_bytes(data, size);
    zy_order_lines lines;
    uint8_t digest[ZY_SM3_BYTES];
    order_lines_begin(&lines, (zy_id){ 1 }, "fuzz");
    size_t at = lines.text.n;
    zy_order_line(&lines, "memo", value, "附言", value);
    if (order_lines_end(&lines, (zy_time){ 0 }, digest, NULL) == ZY_OK) {
        zy_str text = zy_buf_view(&lines.text);
        size_t breaks = 0;
        for (size_t i = 0; i < text.n; i++)
            breaks += text.p[i] == '\n';
        assert(breaks == 4 && zy_str_is_utf8(text));
        assert(zy_str_starts(zy_str_sub(text, at, text.n), ZY_STR("\nmemo=")));
        assert(zy_str_eq(zy_str_sub(text, at + 6, size), value));
        assert(zy_str_ends(text, ZY_STR("\nprepared_at=1970-01-01T08:00:00.000+08:00")));
    }
    order_lines_free(&lines);
    return 0;
}
