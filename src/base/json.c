#include "base/json.h"

#include <assert.h>
#include <jansson.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#define WIPED_FROM 1024

/* Long texts of requests are pictures and files of people: what is freed is overwritten first. Passwords never come in clear, and
 * short texts are too many to pay for. */
static void free_wiped(void *p)
{
    size_t n = p != NULL ? malloc_usable_size(p) : 0;
    if (n >= WIPED_FROM)
        explicit_bzero(p, n);
    free(p);
}

__attribute__((constructor)) static void wipe_what_is_freed(void)
{
    json_set_alloc_funcs(malloc, free_wiped);
}

/* A zy_json is jansson's json_t under a name of ours. */
static json_t *in(const zy_json *j)
{
    return (json_t *)(uintptr_t)j;
}

static zy_json *out_of(json_t *j)
{
    if (j == NULL)
        abort(); /* memory is out */
    return (zy_json *)j;
}

/* Judged before jansson's recursion sees the text: workers have small stacks. */
static bool depth_is_fine(zy_str text)
{
    size_t depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (quoted) {
            i += c == '\\';
            quoted = c != '"';
        } else if (c == '"')
            quoted = true;
        else if ((c == '{' || c == '[') && ++depth > ZY_JSON_DEPTH_MAX)
            return false;
        else if ((c == '}' || c == ']') && depth > 0)
            depth--;
    }
    return true;
}

static bool holds_real(json_t *j)
{
    const char *key;
    json_t *child;
    size_t i;
    json_object_foreach(j, key, child)
        if (holds_real(child))
            return true;
    json_array_foreach(j, i, child)
        if (holds_real(child))
            return true;
    return json_is_real(j);
}

zy_status zy_json_parse(zy_str text, zy_json **ret_json)
{
    if (text.n == 0 || !depth_is_fine(text))
        return ZY_BAD_REQUEST;
    json_error_t why;
    json_t *j = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
    if (j == NULL)
        return ZY_BAD_REQUEST;
    if (holds_real(j)) {
        json_decref(j);
        return ZY_BAD_REQUEST;
    }
    *ret_json = out_of(j);
    return ZY_OK;
}

void zy_json_free(zy_json *j)
{
    json_decref(in(j));
}

zy_json *zy_json_copy(const zy_json *j)
{
    return out_of(json_deep_copy(in(j)));
}

zy_json_kind zy_json_type(const zy_json *j)
{
    if (j == NULL)
        return ZY_JSON_NULL;
    switch (json_typeof(in(j))) {
    case JSON_OBJECT:
        return ZY_JSON_OBJECT;
    case JSON_ARRAY:
        return ZY_JSON_ARRAY;
    case JSON_STRING:
        return ZY_JSON_STR;
    case JSON_INTEGER:
        return ZY_JSON_INT;
    case JSON_TRUE:
    case JSON_FALSE:
        return ZY_JSON_BOOL;
    case JSON_REAL: /* neither parsed nor built */
    case JSON_NULL:
        break;
    }
    return ZY_JSON_NULL;
}

const zy_json *zy_json_get(const zy_json *object, const char *key)
{
    return (const zy_json *)json_object_get(in(object), key);
}

bool zy_json_as_str(const zy_json *j, zy_str *ret_value)
{
    if (!json_is_string(in(j)))
        return false;
    *ret_value = (zy_str){ json_string_value(in(j)), json_string_length(in(j)) };
    return true;
}

bool zy_json_as_int(const zy_json *j, int64_t *ret_value)
{
    if (!json_is_integer(in(j)))
        return false;
    *ret_value = json_integer_value(in(j));
    return true;
}

bool zy_json_as_bool(const zy_json *j, bool *ret_value)
{
    if (!json_is_boolean(in(j)))
        return false;
    *ret_value = json_is_true(in(j));
    return true;
}

bool zy_json_str(const zy_json *object, const char *key, zy_str *ret_value)
{
    return zy_json_as_str(zy_json_get(object, key), ret_value);
}

bool zy_json_int(const zy_json *object, const char *key, int64_t *ret_value)
{
    return zy_json_as_int(zy_json_get(object, key), ret_value);
}

bool zy_json_bool(const zy_json *object, const char *key, bool *ret_value)
{
    return zy_json_as_bool(zy_json_get(object, key), ret_value);
}

size_t zy_json_count(const zy_json *array_or_object)
{
    return json_is_object(in(array_or_object)) ? json_object_size(in(array_or_object))
                                               : json_array_size(in(array_or_object));
}

const zy_json *zy_json_at(const zy_json *array, size_t index)
{
    return (const zy_json *)json_array_get(in(array), index);
}

bool zy_json_next(const zy_json *object, void **iter, const char **ret_key, const zy_json **ret_value)
{
    *iter = *iter == NULL ? json_object_iter(in(object)) : json_object_iter_next(in(object), *iter);
    if (*iter == NULL)
        return false;
    *ret_key = json_object_iter_key(*iter);
    *ret_value = (const zy_json *)json_object_iter_value(*iter);
    return true;
}

zy_json *zy_json_object(void)
{
    return out_of(json_object());
}

zy_json *zy_json_array(void)
{
    return out_of(json_array());
}

static void add_rune(zy_buf *b, zy_str s, size_t *at)
{
    size_t from = *at;
    uint32_t rune = zy_str_rune(s, at);
    if (rune == 0xfffd || rune == 0)
        zy_buf_c(b, "\xef\xbf\xbd");
    else
        zy_buf_add(b, s.p + from, *at - from);
}

zy_json *zy_json_new_str(zy_str s)
{
    if (zy_str_is_utf8(s))
        return out_of(json_stringn_nocheck(s.p != NULL ? s.p : "", s.n));
    ZY_AUTO_BUF mended = { .max = s.n * 3 };
    for (size_t at = 0; at < s.n;)
        add_rune(&mended, s, &at);
    if (zy_buf_failed(&mended))
        abort(); /* the ceiling cannot be hit: memory is out */
    return out_of(json_stringn_nocheck(mended.p, mended.n));
}

zy_json *zy_json_new_int(int64_t v)
{
    return out_of(json_integer(v));
}

zy_json *zy_json_new_bool(bool v)
{
    return out_of(json_boolean(v));
}

zy_json *zy_json_new_null(void)
{
    return out_of(json_null());
}

void zy_json_set(zy_json *object, const char *key, zy_json *child)
{
    if (json_object_set_new(in(object), key, in(child)) != 0)
        abort(); /* memory is out, or object is none: our own mistake */
}

void zy_json_set_str(zy_json *object, const char *key, zy_str s)
{
    zy_json_set(object, key, zy_json_new_str(s));
}

void zy_json_set_c(zy_json *object, const char *key, const char *terminated)
{
    zy_json_set_str(object, key, zy_str_of(terminated));
}

void zy_json_set_int(zy_json *object, const char *key, int64_t v)
{
    zy_json_set(object, key, zy_json_new_int(v));
}

void zy_json_set_id(zy_json *object, const char *key, zy_id id)
{
    char text[ZY_ID_TEXT_MAX] = "";
    if (id.v != 0)
        zy_id_format(id, text);
    zy_json_set_c(object, key, text);
}

void zy_json_set_bool(zy_json *object, const char *key, bool v)
{
    zy_json_set(object, key, zy_json_new_bool(v));
}

void zy_json_push(zy_json *array, zy_json *child)
{
    if (json_array_append_new(in(array), in(child)) != 0)
        abort();
}

static int write_piece(const char *p, size_t n, void *buf)
{
    zy_buf_add(buf, p, n);
    return 0;
}

static void write_as(const zy_json *j, size_t flags, zy_buf *out)
{
    if (j == NULL)
        zy_buf_c(out, "null");
    else if (json_dump_callback(in(j), write_piece, out, flags | JSON_ENCODE_ANY) != 0)
        out->failed = true;
}

void zy_json_write(const zy_json *j, zy_buf *out)
{
    write_as(j, JSON_COMPACT, out);
}

void zy_json_write_sorted(const zy_json *j, zy_buf *out)
{
    write_as(j, JSON_COMPACT | JSON_SORT_KEYS, out);
}

void zy_json_write_pretty(const zy_json *j, zy_buf *out)
{
    write_as(j, JSON_INDENT(2), out);
}
