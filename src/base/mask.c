#include "base/mask.h"

#include <string.h>

#define STARS_MAX 20 /* the length of a long value is not told, either */

typedef struct writer {
    char *out;
    size_t n;
} writer;

static void put(writer *w, const char *p, size_t n)
{
    if (n < ZY_MASK_MAX - w->n) {
        memcpy(w->out + w->n, p, n);
        w->n += n;
    }
    w->out[w->n] = 0;
}

static void put_stars(writer *w, size_t count)
{
    for (size_t i = 0; i < count && i < STARS_MAX; i++)
        put(w, "*", 1);
}

static bool all_of(zy_str s, const char *allowed)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == 0 || strchr(allowed, s.p[i]) == NULL)
            return false;
    return true;
}

static void mask_all(zy_str s, char out[ZY_MASK_MAX])
{
    writer w = { out, 0 };
    out[0] = 0;
    put_stars(&w, zy_str_chars(s));
}

void zy_mask_phone(zy_str phone, char out[ZY_MASK_MAX])
{
    if (phone.n != 11 || !all_of(phone, "0123456789")) {
        mask_all(phone, out);
        return;
    }
    writer w = { out, 0 };
    put(&w, phone.p, 3);
    put(&w, "****", 4);
    put(&w, phone.p + 7, 4);
}

/* "Smith" gives "S****" when keep is set, "****" of its length otherwise. */
static void put_word(writer *w, zy_str word, bool keep)
{
    size_t first = 0;
    if (keep && word.n > 0) {
        zy_str_rune(word, &first);
        put(w, word.p, first);
    }
    put_stars(w, zy_str_chars(zy_str_sub(word, first, word.n)));
}

static void mask_latin(zy_str name, char out[ZY_MASK_MAX])
{
    writer w = { out, 0 };
    zy_str rest = name, word;
    while (zy_str_next(&rest, ' ', &word)) {
        bool last = rest.p == NULL;
        put_word(&w, word, last && w.n > 0);
        if (!last)
            put(&w, " ", 1);
    }
}

void zy_mask_name(zy_str name, char out[ZY_MASK_MAX])
{
    name = zy_str_trim(name);
    out[0] = 0;
    if (!zy_str_is_utf8(name) || zy_str_chars(name) < 2) {
        mask_all(name, out);
        return;
    }
    if ((uint8_t)name.p[0] < 0x80) {
        mask_latin(name, out);
        return;
    }
    size_t last = name.n - 1;
    while (((uint8_t)name.p[last] & 0xc0) == 0x80)
        last--;
    writer w = { out, 0 };
    put_stars(&w, zy_str_chars(name) - 1);
    put(&w, name.p + last, name.n - last);
}

void zy_mask_card(zy_str number, char out[ZY_MASK_MAX])
{
    if (number.n < 12 || !all_of(number, "0123456789")) {
        mask_all(number, out);
        return;
    }
    writer w = { out, 0 };
    put(&w, number.p, 4);
    put(&w, " **** **** ", 11);
    put(&w, number.p + number.n - 4, 4);
}

void zy_mask_id_no(zy_str id_no, char out[ZY_MASK_MAX])
{
    if (id_no.n < 6 || !all_of(id_no, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")) {
        mask_all(id_no, out);
        return;
    }
    writer w = { out, 0 };
    put(&w, id_no.p, 1);
    put_stars(&w, id_no.n - 2);
    put(&w, id_no.p + id_no.n - 1, 1);
}

/* Length of the first two parts, each with its separator behind it; 0 when there are fewer. */
static size_t two_parts(zy_str s, char separator)
{
    size_t seen = 0;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == separator && ++seen == 2)
            return i + 1;
    return 0;
}

void zy_mask_ip(zy_str address, char out[ZY_MASK_MAX])
{
    static const zy_str MAPPED = ZY_STR_INIT("::ffff:");
    bool mapped = zy_str_starts(address, MAPPED) && all_of(zy_str_sub(address, 7, 15), "0123456789.");
    zy_str plain = mapped ? zy_str_sub(address, MAPPED.n, address.n) : address;
    bool v4 = plain.n <= 15 && all_of(plain, "0123456789.");
    bool v6 = plain.n <= 45 && all_of(plain, "0123456789abcdefABCDEF:.");
    size_t keep = v4 ? two_parts(plain, '.') : v6 ? two_parts(plain, ':') : 0;
    writer w = { out, 0 };
    put(&w, plain.p, keep);
    put(&w, v4 && keep != 0 ? "*.*" : "*", v4 && keep != 0 ? 3 : 1);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* GB/T 11643: seventeen digits and a check character. */
static bool is_id_no(const char *p, size_t n)
{
    static const int WEIGHTS[] = { 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2 };
    int sum = 0;
    if (n != 18)
        return false;
    for (size_t i = 0; i < 17; i++)
        sum += (p[i] - '0') * WEIGHTS[i];
    return p[17] == "10X98765432"[sum % 11] || (p[17] == 'x' && sum % 11 == 2);
}

/* ISO/IEC 7812: the last digit is Luhn's. */
static bool is_card(const char *p, size_t n)
{
    int sum = 0;
    if (n < 16 || n > 19 || !is_digit(p[n - 1]))
        return false;
    for (size_t i = 0; i < n; i++) {
        int digit = p[n - 1 - i] - '0';
        int doubled = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
        sum += i % 2 == 1 ? doubled : digit;
    }
    return sum % 10 == 0;
}

static bool is_phone(const char *p, size_t n)
{
    return n == 11 && p[0] == '1' && p[1] >= '3';
}

void zy_mask_in_text(char *text, size_t n)
{
    for (size_t from = 0, to; from < n; from = to + 1) {
        for (to = from; to < n && is_digit(text[to]); to++)
            ;
        if (to - from == 17 && to < n && (text[to] == 'X' || text[to] == 'x'))
            to++;
        size_t length = to - from;
        const char *p = text + from;
        if (is_phone(p, length) || is_card(p, length) || is_id_no(p, length))
            memset(text + from + 3, '*', length - 7); /* the ends help to find the mistake */
    }
}
