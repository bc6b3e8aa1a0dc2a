#include "service/identity/password_rules.h"

#include <string.h>
#include <unicode/ustring.h>
#include <unicode/utrans.h>

#define LOGIN_MIN      8
#define LOGIN_MAX      64
#define PAY_DIGITS     6
#define SAME_MAX       3  /* of one character in a row, in a login password */
#define RUN_MAX        4  /* of ascending or descending characters */
#define PAY_SAME_MAX   2
#define PAY_RUN_MAX    3
#define SHARED_DIGITS  6  /* in a row, of a phone or an id number */
#define WORD_MIN       4  /* shorter words are in everything */
#define PINYIN_UNITS   200

static const char *const NAMES[] = {
    [ZY_FLAW_NONE] = "none",       [ZY_FLAW_LENGTH] = "length",   [ZY_FLAW_CLASSES] = "classes", [ZY_FLAW_COMMON] = "common",
    [ZY_FLAW_REPEATS] = "repeats", [ZY_FLAW_SIMILAR] = "similar", [ZY_FLAW_USED] = "used",
};

const char *zy_password_flaw_name(zy_password_flaw flaw)
{
    return NAMES[flaw];
}

/* --- letters --- */

static bool is_letter(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A copy in small letters; wiped by the caller. False for anything but printable ASCII, or too long. */
static bool small_letters(const zy_secret *secret, char out[LOGIN_MAX + 1])
{
    if (secret->n > LOGIN_MAX)
        return false;
    for (size_t i = 0; i < secret->n; i++) {
        char c = (char)secret->bytes[i];
        if (c < 0x21 || c > 0x7e)
            return false;
        out[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    out[secret->n] = '\0';
    return true;
}

static bool has(const char *text, bool (*is)(char))
{
    for (; *text != '\0'; text++)
        if (is(*text))
            return true;
    return false;
}

/* More than same_max equal, or run_max ascending or descending characters in a row? */
static bool repeats(const char *text, int same_max, int run_max)
{
    int same = 1, up = 1, down = 1;
    for (const char *c = text; *c != '\0' && c[1] != '\0'; c++) {
        same = c[1] == c[0] ? same + 1 : 1;
        up = c[1] == c[0] + 1 ? up + 1 : 1;
        down = c[1] == c[0] - 1 ? down + 1 : 1;
        if (same > same_max || up > run_max || down > run_max)
            return true;
    }
    return false;
}

/* --- the list --- */

static zy_str line_around(zy_str text, size_t at)
{
    size_t from = at, to = at;
    while (from > 0 && text.p[from - 1] != '\n')
        from--;
    while (to < text.n && text.p[to] != '\n')
        to++;
    return (zy_str){ text.p + from, to - from };
}

static int compare(zy_str a, zy_str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = memcmp(a.p, b.p, n);
    return c != 0 ? c : (a.n > b.n) - (a.n < b.n);
}

bool zy_password_is_listed(zy_str word)
{
    zy_str text = zy_str_of(ZY_COMMON_PASSWORDS);
    size_t low = 0, high = text.n;
    while (low < high) {
        zy_str line = line_around(text, low + (high - low) / 2);
        size_t start = (size_t)(line.p - text.p);
        int c = compare(word, line);
        if (c == 0)
            return true;
        if (c < 0)
            high = start;
        else
            low = start + line.n + 1;
    }
    return false;
}

/* The whole, and what is left of it without the digits and signs around. */
static bool is_common(const char *password)
{
    zy_str whole = zy_str_of(password), core = whole;
    while (core.n > 0 && !is_letter(core.p[0]))
        core = (zy_str){ core.p + 1, core.n - 1 };
    while (core.n > 0 && !is_letter(core.p[core.n - 1]))
        core.n--;
    return zy_password_is_listed(whole) || (core.n >= WORD_MIN && zy_password_is_listed(core));
}

/* --- similarity --- */

zy_status zy_pinyin(zy_str name, char *out, size_t size)
{
    static const UChar ID[] = u"Han-Latin; Latin-ASCII; Lower; [^a-z] Remove";
    UErrorCode code = U_ZERO_ERROR;
    UChar text[PINYIN_UNITS];
    int32_t length = 0;
    u_strFromUTF8(text, PINYIN_UNITS, &length, name.p, (int32_t)name.n, &code);
    UTransliterator *t = utrans_openU(ID, -1, UTRANS_FORWARD, NULL, 0, NULL, &code);
    int32_t limit = length;
    if (U_SUCCESS(code))
        utrans_transUChars(t, text, &length, PINYIN_UNITS, 0, &limit, &code);
    if (t != NULL)
        utrans_close(t);
    if (U_FAILURE(code) || (size_t)length + 1 > size)
        return ZY_INTERNAL;
    for (int32_t i = 0; i < length; i++)
        out[i] = (char)text[i];
    out[length] = '\0';
    return ZY_OK;
}

/* Six digits in a row that stand in the number, too. */
static bool shares_digits(const char *password, const char *number)
{
    char piece[SHARED_DIGITS + 1] = "";
    for (const char *c = password; strlen(c) >= SHARED_DIGITS; c++) {
        memcpy(piece, c, SHARED_DIGITS);
        if (strspn(piece, "0123456789") == SHARED_DIGITS && strstr(number, piece) != NULL)
            return true;
    }
    return false;
}

static bool holds_word(const char *password, const char *word)
{
    return strlen(word) >= WORD_MIN && strstr(password, word) != NULL;
}

static bool is_like_the_person(const char *password, const zy_person *person)
{
    char pinyin[PINYIN_UNITS + 1] = "";
    const char *const numbers[] = { person->phone, person->id_no, person->customer_no };
    for (size_t i = 0; i < ZY_COUNT(numbers); i++)
        if (shares_digits(password, numbers[i]))
            return true;
    bool known = zy_pinyin(zy_str_of(person->name), pinyin, sizeof pinyin) == ZY_OK;
    bool like = (known && holds_word(password, pinyin)) || holds_word(password, person->alias);
    zy_wipe(pinyin, sizeof pinyin);
    return like;
}

/* --- the rules --- */

static zy_password_flaw judge_login(const char *password, const zy_person *person)
{
    if (!has(password, is_letter) || !has(password, is_digit))
        return ZY_FLAW_CLASSES;
    if (is_common(password))
        return ZY_FLAW_COMMON;
    if (repeats(password, SAME_MAX, RUN_MAX))
        return ZY_FLAW_REPEATS;
    return is_like_the_person(password, person) ? ZY_FLAW_SIMILAR : ZY_FLAW_NONE;
}

zy_password_flaw zy_password_rules_login(const zy_secret *secret, const zy_person *person)
{
    char password[LOGIN_MAX + 1];
    if (secret->n < LOGIN_MIN || !small_letters(secret, password))
        return ZY_FLAW_LENGTH;
    zy_password_flaw flaw = judge_login(password, person);
    zy_wipe(password, sizeof password);
    return flaw;
}

/* 112233, 121212, 123123: a pattern that comes again. */
static bool is_pattern(const char p[PAY_DIGITS + 1])
{
    bool pairs = p[0] == p[1] && p[2] == p[3] && p[4] == p[5];
    bool twos = memcmp(p, p + 2, 4) == 0, threes = memcmp(p, p + 3, 3) == 0;
    return pairs || twos || threes;
}

zy_password_flaw zy_password_rules_pay(const zy_secret *secret, const zy_person *person)
{
    char password[LOGIN_MAX + 1];
    zy_password_flaw flaw = ZY_FLAW_NONE;
    if (secret->n != PAY_DIGITS || !small_letters(secret, password) || strspn(password, "0123456789") != PAY_DIGITS)
        return ZY_FLAW_LENGTH;
    if (repeats(password, PAY_SAME_MAX, PAY_RUN_MAX) || is_pattern(password))
        flaw = ZY_FLAW_REPEATS;
    else if (shares_digits(password, person->id_no) || shares_digits(password, person->phone))
        flaw = ZY_FLAW_SIMILAR;
    zy_wipe(password, sizeof password);
    return flaw;
}
