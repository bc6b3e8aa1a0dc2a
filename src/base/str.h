/* Text with its length, growing buffers, and text encodings. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdarg.h>

#include "base/status.h"

/* Pointer and length, not owned, not terminated, may hold NUL bytes. {NULL,0} is empty. */
typedef struct zy_str {
    const char *p;
    size_t n;
} zy_str;

#define ZY_STR(literal)    ((zy_str){ "" literal, sizeof(literal) - 1 })
#define ZY_STR_INIT(literal) { "" literal, sizeof(literal) - 1 }
#define ZY_STR_FMT         "%.*s"
#define ZY_STR_ARG(s)      ((int)(s).n), ((s).p != NULL ? (s).p : "")

zy_str zy_str_of(const char *terminated); /* NULL gives empty */
zy_str zy_str_bytes(const void *p, size_t n);
bool zy_str_eq(zy_str a, zy_str b);
bool zy_str_eq_c(zy_str a, const char *terminated);
int zy_str_cmp(zy_str a, zy_str b); /* bytewise, like strcmp */
bool zy_str_starts(zy_str s, zy_str prefix);
bool zy_str_ends(zy_str s, zy_str suffix);
zy_str zy_str_sub(zy_str s, size_t from, size_t n); /* clamped to s */
zy_str zy_str_trim(zy_str s);                       /* ASCII white space off both ends */
/* Cuts the part before the first `at` off *rest; false when *rest is spent (its p is NULL then).
 * "a,,b" gives a, "", b; "a," gives a, ""; "" gives one empty part and {NULL,0} none. */
bool zy_str_next(zy_str *rest, char at, zy_str *ret_part);
/* Whole-string decimal without sign, space or leading zero; ZY_BAD_FIELD, ZY_OVERFLOW. */
ZY_CHECKED zy_status zy_str_u64(zy_str s, uint64_t *ret_value);
/* The same with an optional leading '-'. */
ZY_CHECKED zy_status zy_str_i64(zy_str s, int64_t *ret_value);
/* Well-formed UTF-8 without NUL. */
bool zy_str_is_utf8(zy_str s);
size_t zy_str_chars(zy_str s); /* code points; s is UTF-8 */
/* Cuts before a code point so that at most max_bytes remain. */
zy_str zy_str_clip_utf8(zy_str s, size_t max_bytes);
/* Decodes one code point at *offset and moves it on; U+FFFD for a malformed byte. */
uint32_t zy_str_rune(zy_str s, size_t *offset);
/* Copies into a terminated array; ZY_REQUEST_TOO_LARGE when it does not fit, ZY_BAD_FIELD on NUL inside. */
ZY_CHECKED zy_status zy_str_copy(zy_str s, char *out, size_t size);
char *zy_str_dup(zy_str s); /* malloc'd, terminated; aborts when memory is out */

/* A buffer that grows up to its ceiling. Zero value: empty, ceiling 1 MiB. When the ceiling is hit
 * the buffer keeps what it has and zy_buf_failed() tells; writers need not check each call. */
typedef struct zy_buf {
    char *p; /* always terminated once something was added */
    size_t n, cap, max;
    bool failed;
} zy_buf;

void zy_buf_add(zy_buf *b, const void *p, size_t n);
void zy_buf_str(zy_buf *b, zy_str s);
void zy_buf_c(zy_buf *b, const char *terminated);
void zy_buf_char(zy_buf *b, char c);
void zy_buf_fmt(zy_buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
zy_str zy_buf_view(const zy_buf *b);
bool zy_buf_failed(const zy_buf *b);
void zy_buf_clear(zy_buf *b);             /* keeps the memory */
void zy_buf_free(zy_buf *b);              /* and zeroes the struct */
void zy_buf_wipe(zy_buf *b);              /* overwrites, then frees: for secrets */
#define ZY_AUTO_BUF __attribute__((cleanup(zy_buf_free))) zy_buf
#define ZY_AUTO_SECRET_BUF __attribute__((cleanup(zy_buf_wipe))) zy_buf

/* Encodings. `out` sizes: hex 2n+1, base64 4*((n+2)/3)+1; both are terminated. Decoders are strict
 * (no white space, canonical padding and trailing bits, lower or upper hex): ZY_BAD_FIELD, and
 * ZY_REQUEST_TOO_LARGE when size is too small. */
void zy_hex_encode(const void *p, size_t n, char *out);
ZY_CHECKED zy_status zy_hex_decode(zy_str s, uint8_t *out, size_t size, size_t *ret_n);
void zy_base64_encode(const void *p, size_t n, char *out);
ZY_CHECKED zy_status zy_base64_decode(zy_str s, uint8_t *out, size_t size, size_t *ret_n);
void zy_base64url_encode(const void *p, size_t n, char *out); /* no padding */
ZY_CHECKED zy_status zy_base64url_decode(zy_str s, uint8_t *out, size_t size, size_t *ret_n);
ZY_CHECKED zy_status zy_base32_decode(zy_str s, uint8_t *out, size_t size, size_t *ret_n); /* RFC 4648, upper case, no padding */
void zy_base32_encode(const void *p, size_t n, char *out); /* no padding; size 8*((n+4)/5)+1 */
