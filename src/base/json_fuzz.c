/* What is parsed is written as text that parses to the same value, and never deeper than the limit. */
#include <assert.h>

#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t depth_of(const zy_json *j)
{
    size_t deepest = 0;
    void *iter = NULL;
    const char *key;
    const zy_json *child;
    while (zy_json_type(j) == ZY_JSON_OBJECT && zy_json_next(j, &iter, &key, &child)) {
        size_t depth = depth_of(child);
        deepest = depth > deepest ? depth : deepest;
    }
    for (size_t i = 0; zy_json_type(j) == ZY_JSON_ARRAY && i < zy_json_count(j); i++) {
        size_t depth = depth_of(zy_json_at(j, i));
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest + (zy_json_type(j) == ZY_JSON_ARRAY || zy_json_type(j) == ZY_JSON_OBJECT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ZY_AUTO(zy_json_free) zy_json *j = NULL;
    ZY_AUTO(zy_json_free) zy_json *again = NULL;
    if (zy_json_parse(zy_str_bytes(data, size), &j) != ZY_OK)
        return 0;
    assert(depth_of(j) <= ZY_JSON_DEPTH_MAX);
    ZY_AUTO_BUF first = { .max = 8 * size + 64 };
    ZY_AUTO_BUF second = { .max = 8 * size + 64 };
    zy_json_write(j, &first);
    assert(!zy_buf_failed(&first));
    assert(zy_json_parse(zy_buf_view(&first), &again) == ZY_OK);
    zy_json_write(again, &second);
    assert(zy_str_eq(zy_buf_view(&first), zy_buf_view(&second)));
    return 0;
}
