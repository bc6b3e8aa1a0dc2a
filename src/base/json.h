/* JSON, over jansson (the only includer is json.c). Numbers are 64-bit integers; reals are refused. */
#pragma once

#include <stdbool.h>
#include "base/id.h"
#include "base/str.h"

typedef struct zy_json zy_json; /* an owned reference */

#define ZY_JSON_DEPTH_MAX 16

/* Strict RFC 8259: one value, UTF-8, duplicate keys refused, reals refused, NUL in text refused,
 * depth at most ZY_JSON_DEPTH_MAX. ZY_BAD_REQUEST. */
ZY_CHECKED zy_status zy_json_parse(zy_str text, zy_json **ret_json);
void zy_json_free(zy_json *j); /* drops the reference; accepts NULL */
ZY_AUTO_DEFINE(zy_json, zy_json_free)
zy_json *zy_json_copy(const zy_json *j); /* deep copy */

typedef enum { ZY_JSON_NULL, ZY_JSON_BOOL, ZY_JSON_INT, ZY_JSON_STR, ZY_JSON_ARRAY, ZY_JSON_OBJECT } zy_json_kind;
zy_json_kind zy_json_type(const zy_json *j); /* NULL pointer: ZY_JSON_NULL */

/* Reading. What is given back is borrowed from j. Missing or of another type: false / NULL. */
const zy_json *zy_json_get(const zy_json *object, const char *key);
bool zy_json_str(const zy_json *object, const char *key, zy_str *ret_value);
bool zy_json_int(const zy_json *object, const char *key, int64_t *ret_value);
bool zy_json_bool(const zy_json *object, const char *key, bool *ret_value);
bool zy_json_as_str(const zy_json *j, zy_str *ret_value);
bool zy_json_as_int(const zy_json *j, int64_t *ret_value);
bool zy_json_as_bool(const zy_json *j, bool *ret_value);
size_t zy_json_count(const zy_json *array_or_object);
const zy_json *zy_json_at(const zy_json *array, size_t index);
/* Walks an object's members in insertion order: start with *iter = NULL; false at the end. */
bool zy_json_next(const zy_json *object, void **iter, const char **ret_key, const zy_json **ret_value);

/* Building. Aborts when memory is out. `set` and `push` take over the child's reference. */
zy_json *zy_json_object(void);
zy_json *zy_json_array(void);
zy_json *zy_json_new_str(zy_str s); /* invalid UTF-8 becomes U+FFFD */
zy_json *zy_json_new_int(int64_t v);
zy_json *zy_json_new_bool(bool v);
zy_json *zy_json_new_null(void);
void zy_json_set(zy_json *object, const char *key, zy_json *child);
void zy_json_set_str(zy_json *object, const char *key, zy_str s);
void zy_json_set_c(zy_json *object, const char *key, const char *terminated);
void zy_json_set_int(zy_json *object, const char *key, int64_t v);
void zy_json_set_id(zy_json *object, const char *key, zy_id id); /* its wire text; "" for 0 */
void zy_json_set_bool(zy_json *object, const char *key, bool v);
void zy_json_push(zy_json *array, zy_json *child);
/* Compact text, keys in insertion order. */
void zy_json_write(const zy_json *j, zy_buf *out);
/* The same with keys sorted: one text for equal values (idempotency digests). */
void zy_json_write_sorted(const zy_json *j, zy_buf *out);
void zy_json_write_pretty(const zy_json *j, zy_buf *out); /* for files people read */
