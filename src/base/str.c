#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUF_DEFAULT_MAX ((size_t)1 << 20)

/* --- zy_str --- */

zy_str zy_str_of(const char *terminated)
{
    return (zy_str){ terminated, terminated != NULL ? strlen(terminated) : 0 };
}

zy_str zy_str_bytes(const void *p, size_t n)
{
    return (zy_str){ p, n };
}

bool zy_str_eq(zy_str a, zy_str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool zy_str_eq_c(zy_str a, const char *terminated)
{
    return zy_str_eq(a, zy_str_of(terminated));
}

int zy_str_cmp(zy_str a, zy_str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n != 0 ? memcmp(a.p, b.p, n) : 0;
    if (order != 0)
        return order;
    return (a.n > b.n) - (a.n < b.n);
}

bool zy_str_starts(zy_str s, zy_str prefix)
{
    return s.n >= prefix.n && zy_str_eq(zy_str_sub(s, 0, prefix.n), prefix);
}

bool zy_str_ends(zy_str s, zy_str suffix)
{
    return s.n >= suffix.n && zy_str_eq(zy_str_sub(s, s.n - suffix.n, suffix.n), suffix);
}

zy_str zy_str_sub(zy_str s, size_t from, size_t n)
{
    if (s.p == NULL)
        return s;
    if (from > s.n)
        from = s.n;
    if (n > s.n - from)
        n = s.n - from;
    return (zy_str){ s.p + from, n };
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

zy_str zy_str_trim(zy_str s)
{
    while (s.n > 0 && is_space(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n > 0 && is_space(s.p[s.n - 1]))
        s.n--;
    return s;
}

bool zy_str_next(zy_str *rest, char at, zy_str *ret_part)
{
    if (rest->p == NULL)
        return false;
    const char *hit = rest->n != 0 ? memchr(rest->p, at, rest->n) : NULL;
    if (hit == NULL) {
        *ret_part = *rest;
        *rest = (zy_str){ NULL, 0 };
        return true;
    }
    size_t n = (size_t)(hit - rest->p);
    *ret_part = (zy_str){ rest->p, n };
    *rest = (zy_str){ hit + 1, rest->n - n - 1 };
    return true;
}

zy_status zy_str_u64(zy_str s, uint64_t *ret_value)
{
    if (s.n == 0 || (s.n > 1 && s.p[0] == '0'))
        return ZY_BAD_FIELD;
    uint64_t value = 0;
    bool overflow = false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return ZY_BAD_FIELD;
        overflow |= __builtin_mul_overflow(value, 10u, &value);
        overflow |= __builtin_add_overflow(value, (uint64_t)(s.p[i] - '0'), &value);
    }
    if (overflow)
        return ZY_OVERFLOW;
    *ret_value = value;
    return ZY_OK;
}

zy_status zy_str_i64(zy_str s, int64_t *ret_value)
{
    bool negative = s.n > 0 && s.p[0] == '-';
    uint64_t size;
    ZY_TRY(zy_str_u64(negative ? zy_str_sub(s, 1, s.n) : s, &size));
    if (negative && size == 0)
        return ZY_BAD_FIELD;
    if (size > (uint64_t)INT64_MAX + negative)
        return ZY_OVERFLOW;
    *ret_value = negative ? -(int64_t)(size - 1) - 1 : (int64_t)size;
    return ZY_OK;
}

/* Length of the well-formed sequence at p, 0 when it is malformed (RFC 3629: no overlong forms, no
 * surrogates, nothing above U+10FFFF). */
static size_t utf8_decode(const uint8_t *p, size_t n, uint32_t *ret_rune)
{
    if (n == 0)
        return 0;
    if (p[0] < 0x80) {
        *ret_rune = p[0];
        return 1;
    }
    size_t length = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || n < length)
        return 0;
    uint32_t rune = p[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        rune = rune << 6 | (p[i] & 0x3fu);
    }
    static const uint32_t SMALLEST[] = { 0, 0, 0x80, 0x800, 0x10000 };
    if (rune < SMALLEST[length] || rune > 0x10ffff || (rune >= 0xd800 && rune <= 0xdfff))
        return 0;
    *ret_rune = rune;
    return length;
}

bool zy_str_is_utf8(zy_str s)
{
    for (size_t at = 0; at < s.n;) {
        uint32_t rune;
        size_t n = utf8_decode((const uint8_t *)s.p + at, s.n - at, &rune);
        if (n == 0 || rune == 0)
            return false;
        at += n;
    }
    return true;
}

size_t zy_str_chars(zy_str s)
{
    size_t chars = 0;
    for (size_t i = 0; i < s.n; i++)
        chars += ((uint8_t)s.p[i] & 0xc0) != 0x80;
    return chars;
}

zy_str zy_str_clip_utf8(zy_str s, size_t max_bytes)
{
    if (s.n <= max_bytes)
        return s;
    while (max_bytes > 0 && ((uint8_t)s.p[max_bytes] & 0xc0) == 0x80)
        max_bytes--;
    return (zy_str){ s.p, max_bytes };
}

uint32_t zy_str_rune(zy_str s, size_t *offset)
{
    if (*offset >= s.n)
        return 0;
    uint32_t rune;
    size_t n = utf8_decode((const uint8_t *)s.p + *offset, s.n - *offset, &rune);
    *offset += n != 0 ? n : 1;
    return n != 0 ? rune : 0xfffd;
}

zy_status zy_str_copy(zy_str s, char *out, size_t size)
{
    if (s.n >= size)
        return ZY_REQUEST_TOO_LARGE;
    if (s.n != 0 && memchr(s.p, 0, s.n) != NULL)
        return ZY_BAD_FIELD;
    if (s.n != 0)
        memcpy(out, s.p, s.n);
    out[s.n] = 0;
    return ZY_OK;
}

char *zy_str_dup(zy_str s)
{
    char *copy = malloc(s.n + 1);
    if (copy == NULL)
        abort();
    if (s.n != 0)
        memcpy(copy, s.p, s.n);
    copy[s.n] = 0;
    return copy;
}

/* --- zy_buf --- */

/* Makes room for n more bytes and the terminator. The old block is overwritten: buffers hold secrets,
 * too, and realloc() would leave a copy behind. */
static bool buf_reserve(zy_buf *b, size_t n)
{
    size_t max = b->max != 0 ? b->max : BUF_DEFAULT_MAX;
    if (b->failed || n > max || b->n > max - n) {
        b->failed = true;
        return false;
    }
    if (b->n + n < b->cap)
        return true;
    size_t cap = b->cap != 0 ? b->cap : 64;
    while (cap <= b->n + n)
        cap *= 2;
    char *p = malloc(cap);
    if (p == NULL) {
        b->failed = true;
        return false;
    }
    if (b->p != NULL) {
        memcpy(p, b->p, b->n + 1);
        explicit_bzero(b->p, b->n);
        free(b->p);
    }
    b->p = p;
    b->cap = cap;
    return true;
}

void zy_buf_add(zy_buf *b, const void *p, size_t n)
{
    if (!buf_reserve(b, n))
        return;
    if (n != 0)
        memcpy(b->p + b->n, p, n);
    b->n += n;
    b->p[b->n] = 0;
}

void zy_buf_str(zy_buf *b, zy_str s)
{
    zy_buf_add(b, s.p, s.n);
}

void zy_buf_c(zy_buf *b, const char *terminated)
{
    zy_buf_str(b, zy_str_of(terminated));
}

void zy_buf_char(zy_buf *b, char c)
{
    zy_buf_add(b, &c, 1);
}

void zy_buf_fmt(zy_buf *b, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0)
        b->failed = true;
    else if (buf_reserve(b, (size_t)n)) {
        vsnprintf(b->p + b->n, (size_t)n + 1, format, again);
        b->n += (size_t)n;
    }
    va_end(again);
}

zy_str zy_buf_view(const zy_buf *b)
{
    return (zy_str){ b->p, b->n };
}

bool zy_buf_failed(const zy_buf *b)
{
    return b->failed;
}

void zy_buf_clear(zy_buf *b)
{
    b->n = 0;
    b->failed = false;
    if (b->p != NULL)
        b->p[0] = 0;
}

void zy_buf_free(zy_buf *b)
{
    if (b == NULL)
        return;
    free(b->p);
    *b = (zy_buf){ 0 };
}

void zy_buf_wipe(zy_buf *b)
{
    if (b == NULL)
        return;
    if (b->p != NULL)
        explicit_bzero(b->p, b->cap);
    zy_buf_free(b);
}

/* --- Encodings: one bit packer, four alphabets --- */

typedef struct alphabet {
    unsigned bits; /* of a digit */
    const char *digits;
    const char *fold; /* digits that are read as those at the same place, NULL: none */
} alphabet;

static const alphabet HEX = { 4, "0123456789abcdef", "0123456789ABCDEF" };
static const alphabet BASE32 = { 5, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", NULL };
static const alphabet BASE64 = {
    6, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", NULL
};
static const alphabet BASE64URL = {
    6, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", NULL
};

/* Returns the end of what was written; the last digit is filled with zero bits. */
static char *encode(const alphabet *a, const uint8_t *p, size_t n, char *out)
{
    uint32_t bits = 0;
    unsigned have = 0;
    for (size_t i = 0; i < n; i++) {
        bits = bits << 8 | p[i];
        for (have += 8; have >= a->bits; have -= a->bits)
            *out++ = a->digits[bits >> (have - a->bits) & ((1u << a->bits) - 1)];
    }
    if (have > 0)
        *out++ = a->digits[bits << (a->bits - have) & ((1u << a->bits) - 1)];
    *out = 0;
    return out;
}

static int digit_of(const alphabet *a, char c)
{
    const char *hit = c != 0 ? strchr(a->digits, c) : NULL;
    if (hit != NULL)
        return (int)(hit - a->digits);
    hit = c != 0 && a->fold != NULL ? strchr(a->fold, c) : NULL;
    return hit != NULL ? (int)(hit - a->fold) : -1;
}

static zy_status decode(const alphabet *a, zy_str s, uint8_t *out, size_t size, size_t *ret_n)
{
    if (s.n > SIZE_MAX / 8 || s.n * a->bits / 8 > size)
        return ZY_REQUEST_TOO_LARGE;
    if (s.n * a->bits % 8 >= a->bits)
        return ZY_BAD_FIELD; /* a last digit that carries nothing */
    uint32_t bits = 0;
    unsigned have = 0;
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        int digit = digit_of(a, s.p[i]);
        if (digit < 0)
            return ZY_BAD_FIELD;
        bits = bits << a->bits | (uint32_t)digit;
        have += a->bits;
        if (have >= 8) {
            have -= 8;
            out[n++] = (uint8_t)(bits >> have);
        }
    }
    if ((bits & ((1u << have) - 1)) != 0)
        return ZY_BAD_FIELD; /* trailing bits must be zero: one text for each value */
    *ret_n = n;
    return ZY_OK;
}

void zy_hex_encode(const void *p, size_t n, char *out)
{
    encode(&HEX, p, n, out);
}

zy_status zy_hex_decode(zy_str s, uint8_t *out, size_t size, size_t *ret_n)
{
    return decode(&HEX, s, out, size, ret_n);
}

void zy_base64_encode(const void *p, size_t n, char *out)
{
    char *end = encode(&BASE64, p, n, out);
    while ((end - out) % 4 != 0)
        *end++ = '=';
    *end = 0;
}

zy_status zy_base64_decode(zy_str s, uint8_t *out, size_t size, size_t *ret_n)
{
    if (s.n % 4 != 0)
        return ZY_BAD_FIELD;
    for (int padding = 0; padding < 2 && s.n > 0 && s.p[s.n - 1] == '='; padding++)
        s.n--;
    return decode(&BASE64, s, out, size, ret_n);
}

void zy_base64url_encode(const void *p, size_t n, char *out)
{
    encode(&BASE64URL, p, n, out);
}

zy_status zy_base64url_decode(zy_str s, uint8_t *out, size_t size, size_t *ret_n)
{
    return decode(&BASE64URL, s, out, size, ret_n);
}

void zy_base32_encode(const void *p, size_t n, char *out)
{
    encode(&BASE32, p, n, out);
}

zy_status zy_base32_decode(zy_str s, uint8_t *out, size_t size, size_t *ret_n)
{
    return decode(&BASE32, s, out, size, ret_n);
}
