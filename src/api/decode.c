/* From a JSON object to a plain struct: each field's type, allow-list, length and range. */
#include <stdio.h>
#include <string.h>

#include "api/registry.h"

typedef struct decoder {
    zy_arena *arena;
    zy_err *err;
    char path[80]; /* of the object at hand: "device." or "" */
} decoder;

static zy_status refuse(const decoder *d, const char *name, const char *why)
{
    char field[64];
    snprintf(field, sizeof field, "%.40s%.20s", d->path, name);
    return zy_fail(d->err, ZY_BAD_FIELD, field, "%s", why);
}

/* --- characters --- */

static bool ascii_alnum(uint32_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_one_of(uint32_t c, const char *set)
{
    return c != 0 && c < 128 && strchr(set, (int)c) != NULL;
}

static bool in_code(uint32_t c)
{
    return ascii_alnum(c) || is_one_of(c, "._:-");
}

static bool in_token(uint32_t c)
{
    return ascii_alnum(c) || is_one_of(c, "_-");
}

static bool in_digits(uint32_t c)
{
    return c >= '0' && c <= '9';
}

static bool in_phone(uint32_t c)
{
    return in_digits(c) || c == '+';
}

static bool in_user(uint32_t c)
{
    return ascii_alnum(c) || is_one_of(c, "._@+-");
}

static bool in_base64(uint32_t c)
{
    return ascii_alnum(c) || is_one_of(c, "+/=");
}

static bool in_hex(uint32_t c)
{
    return in_digits(c) || (c >= 'a' && c <= 'f');
}

/* Controls, and the characters that change how other characters are read (bidirectional marks, zero width, line and
 * paragraph separators, tags): what is shown must be what is stored. */
static bool is_hidden(uint32_t c)
{
    static const struct {
        uint32_t from, to;
    } HIDDEN[] = { { 0, 0x1f },         { 0x7f, 0x9f },       { 0xad, 0xad },       { 0x61c, 0x61c },     { 0x180e, 0x180e },
                   { 0x200b, 0x200f },  { 0x2028, 0x202e },   { 0x2060, 0x206f },   { 0xfe00, 0xfe0f },   { 0xfeff, 0xfeff },
                   { 0xfff0, 0xffff },  { 0xe0000, 0xe0fff }, { 0xd800, 0xdfff } };
    for (size_t i = 0; i < ZY_COUNT(HIDDEN); i++)
        if (c >= HIDDEN[i].from && c <= HIDDEN[i].to)
            return true;
    return false;
}

/* Combining marks make two spellings of one text; names and memos are refused unless they are composed (NFC in practice). */
static bool is_combining(uint32_t c)
{
    return (c >= 0x300 && c <= 0x36f) || (c >= 0x1ab0 && c <= 0x1aff) || (c >= 0x1dc0 && c <= 0x1dff) ||
           (c >= 0x20d0 && c <= 0x20ff) || (c >= 0xfe20 && c <= 0xfe2f);
}

static bool in_text(uint32_t c)
{
    return !is_hidden(c) && !is_combining(c);
}

/* Letters of any script: ASCII letters, and beyond ASCII everything but symbols and punctuation blocks. */
static bool in_name(uint32_t c)
{
    if (c < 128)
        return (ascii_alnum(c) && !in_digits(c)) || is_one_of(c, " .'-");
    if (c == 0xb7 || c == 0x2022 || c == 0x30fb) /* the middle dots of transliterated names */
        return true;
    return in_text(c) && c >= 0xc0 && !(c >= 0x2000 && c <= 0x2e7f) && !(c >= 0x3000 && c <= 0x3004) &&
           !(c >= 0x3008 && c <= 0x3020) && !(c >= 0xff00 && c <= 0xff20) && !(c >= 0x1f000 && c <= 0x1faff);
}

typedef bool (*allow_fn)(uint32_t c);
static const allow_fn ALLOW[] = {
    [ZY_F_CODE] = in_code,   [ZY_F_TOKEN] = in_token, [ZY_F_DIGITS] = in_digits, [ZY_F_CARD] = in_digits,
    [ZY_F_PHONE] = in_phone, [ZY_F_NAME] = in_name,   [ZY_F_TEXT] = in_text,     [ZY_F_USER] = in_user,
    [ZY_F_BASE64] = in_base64, [ZY_F_PROOF] = in_base64, [ZY_F_HEX] = in_hex,
};

bool decode_allows(zy_field_type type, uint32_t c)
{
    return ALLOW[type](c);
}

/* --- one field --- */

/* One text for the same bytes: padded to fours, '=' at the end alone, the bits that pad are zero. */
static bool is_canonical_base64(zy_str s)
{
    static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t digits = s.n;
    while (digits > 0 && s.n - digits < 2 && s.p[digits - 1] == '=')
        digits--;
    if (s.n % 4 != 0 || (digits > 0 && memchr(s.p, '=', digits) != NULL))
        return false;
    if (digits == s.n)
        return true;
    size_t last = (size_t)(strchr(DIGITS, s.p[digits - 1]) - DIGITS);
    return (last & (s.n - digits == 1 ? 3 : 15)) == 0;
}

static zy_status take_text(const decoder *d, const zy_field *f, const zy_json *value, void *out)
{
    zy_str s;
    if (!zy_json_as_str(value, &s))
        return refuse(d, f->name, "a text is expected");
    if (!zy_str_is_utf8(s))
        return refuse(d, f->name, "not UTF-8");
    size_t chars = zy_str_chars(s);
    if ((int64_t)chars < f->min || (int64_t)chars > f->max)
        return refuse(d, f->name, "too short or too long");
    for (size_t at = 0; at < s.n;)
        if (!ALLOW[f->type](zy_str_rune(s, &at)))
            return refuse(d, f->name, "a character that the field does not allow");
    if (f->type == ZY_F_BASE64 && !is_canonical_base64(s))
        return refuse(d, f->name, "not canonical base64");
    zy_str copy = zy_arena_str(d->arena, s);
    if (copy.p == NULL)
        return ZY_REQUEST_TOO_LARGE;
    *(zy_str *)out = copy;
    return ZY_OK;
}

static zy_status take_enum(const decoder *d, const zy_field *f, const zy_json *value, void *out)
{
    zy_str s, rest = zy_str_of(f->choices), choice;
    if (!zy_json_as_str(value, &s))
        return refuse(d, f->name, "a text is expected");
    while (zy_str_next(&rest, '|', &choice))
        if (zy_str_eq(choice, s)) {
            *(zy_str *)out = choice; /* points into the table: lives for ever */
            return ZY_OK;
        }
    return refuse(d, f->name, "not one of the choices");
}

static zy_status take_number(const decoder *d, const zy_field *f, const zy_json *value, void *out)
{
    int64_t v = 0;
    if (!zy_json_as_int(value, &v))
        return refuse(d, f->name, "a whole number is expected");
    if (v < f->min || v > f->max)
        return refuse(d, f->name, "past its range");
    if (f->type == ZY_F_MONEY)
        ((zy_money *)out)->fen = v;
    else
        *(int64_t *)out = v;
    return ZY_OK;
}

static zy_status take_bool(const decoder *d, const zy_field *f, const zy_json *value, void *out)
{
    return zy_json_as_bool(value, out) ? ZY_OK : refuse(d, f->name, "true or false is expected");
}

static zy_status take_id(const decoder *d, const zy_field *f, const zy_json *value, void *out)
{
    zy_str s;
    if (!zy_json_as_str(value, &s) || zy_id_parse(s, out) != ZY_OK)
        return refuse(d, f->name, "not an id");
    return ZY_OK;
}

static zy_status take_day(const decoder *d, const zy_field *f, const zy_json *value, void *out)
{
    zy_str s;
    if (!zy_json_as_str(value, &s) || zy_day_parse(s, out) != ZY_OK)
        return refuse(d, f->name, "not a day (YYYY-MM-DD)");
    return ZY_OK;
}

static zy_status decode_object(decoder *d, const zy_field *fields, size_t count, const zy_json *object, void *out);

static zy_status take_object(decoder *d, const zy_field *f, const zy_json *value, void *out)
{
    decoder inner = { .arena = d->arena, .err = d->err };
    if (zy_json_type(value) != ZY_JSON_OBJECT)
        return refuse(d, f->name, "an object is expected");
    snprintf(inner.path, sizeof inner.path, "%.40s%.20s.", d->path, f->name);
    return decode_object(&inner, f->object, f->object_count, value, out);
}

static zy_status take_list(decoder *d, const zy_field *f, const zy_json *value, void *out)
{
    size_t n = zy_json_count(value);
    if (zy_json_type(value) != ZY_JSON_ARRAY)
        return refuse(d, f->name, "a list is expected");
    if ((int64_t)n < f->min || (int64_t)n > f->max)
        return refuse(d, f->name, "too few or too many");
    char *items = zy_arena_array(d->arena, n, f->item_size);
    if (items == NULL && n > 0)
        return ZY_REQUEST_TOO_LARGE;
    for (size_t i = 0; i < n; i++) {
        decoder inner = { .arena = d->arena, .err = d->err };
        snprintf(inner.path, sizeof inner.path, "%.30s%.20s.%zu.", d->path, f->name, i);
        const zy_json *item = zy_json_at(value, i);
        if (zy_json_type(item) != ZY_JSON_OBJECT)
            return refuse(&inner, "", "an object is expected");
        ZY_TRY(decode_object(&inner, f->object, f->object_count, item, items + i * f->item_size));
    }
    *(zy_items *)out = (zy_items){ items, n };
    return ZY_OK;
}

static zy_status take(decoder *d, const zy_field *f, const zy_json *value, void *out)
{
    switch (f->type) {
    case ZY_F_ID:
        return take_id(d, f, value, out);
    case ZY_F_MONEY:
    case ZY_F_INT:
        return take_number(d, f, value, out);
    case ZY_F_BOOL:
        return take_bool(d, f, value, out);
    case ZY_F_DAY:
        return take_day(d, f, value, out);
    case ZY_F_OBJECT:
        return take_object(d, f, value, out);
    case ZY_F_ENUM:
        return take_enum(d, f, value, out);
    case ZY_F_LIST:
        return take_list(d, f, value, out);
    default:
        return take_text(d, f, value, out);
    }
}

static bool is_known(const zy_field *fields, size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(fields[i].name, key) == 0)
            return true;
    return false;
}

/* Only a name that could be one of ours is said back. */
static bool is_plain_name(const char *key)
{
    size_t n = strlen(key);
    for (size_t i = 0; i < n; i++)
        if (!in_token((unsigned char)key[i]))
            return false;
    return n > 0 && n <= 20;
}

static zy_status refuse_unknown(const decoder *d, const zy_field *fields, size_t count, const zy_json *object)
{
    void *iter = NULL;
    const char *key = NULL;
    const zy_json *value = NULL;
    while (zy_json_next(object, &iter, &key, &value))
        if (!is_known(fields, count, key))
            return refuse(d, is_plain_name(key) ? key : "?", "an unknown field");
    return ZY_OK;
}

static zy_status decode_object(decoder *d, const zy_field *fields, size_t count, const zy_json *object, void *out)
{
    for (size_t i = 0; i < count; i++) {
        const zy_field *f = &fields[i];
        const zy_json *value = zy_json_get(object, f->name);
        if (value == NULL) {
            if (!f->optional)
                return refuse(d, f->name, "missing");
            continue;
        }
        if (f->or_text != NULL && zy_json_type(value) == ZY_JSON_STR)
            f = f->or_text;
        ZY_TRY(take(d, f, value, (char *)out + f->offset));
        if (f->has_offset != 0)
            *(bool *)((char *)out + f->has_offset) = true;
    }
    return refuse_unknown(d, fields, count, object);
}

zy_status zy_decode(const zy_field *fields, size_t count, const zy_json *object, zy_arena *arena, void *out, zy_err *err)
{
    decoder d = { .arena = arena, .err = err };
    if (zy_json_type(object) != ZY_JSON_OBJECT)
        return refuse(&d, "", "an object is expected");
    return decode_object(&d, fields, count, object, out);
}
