#include "zy_api_negative.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zy_test.h"

#define GOOD_ID   "negative-test-0000"
#define DEPTH_MAX 2 /* objects in objects */
#define SHOWN_MAX 20
#define SKEW_MS   301000

/* One thing that is wrong with an otherwise right call. */
typedef struct wrong {
    zy_negative_call call;
    const char *what;
    zy_status code;
    char field[64];
} wrong;

/* Makes the cases of one API one after another. */
typedef struct maker {
    const zy_negative *n;
    const zy_api *api;
    size_t count;       /* so far */
    size_t every, from; /* which ones are made: those whose number % every is from % every; every 0: none */
    size_t made;
    size_t failures;
    char shown[SHOWN_MAX][280];
} maker;

static void judge(maker *m, const wrong *w)
{
    zy_negative_answer answer = { 0 };
    const char *want = zy_status_name(w->code);
    if (m->n->rest != NULL)
        m->n->rest(m->n->arg);
    bool answered = m->n->call(m->n->arg, &w->call, &answer);
    m->made++;
    if (answered && strcmp(answer.code, want) == 0 && strcmp(answer.field, w->field) == 0)
        return;
    if (m->failures < SHOWN_MAX)
        snprintf(m->shown[m->failures], sizeof m->shown[0], "%.50s: %.50s %.40s: wanted %.24s, got %.24s %.40s", m->api->name,
                 w->field, w->what, want, answered ? answer.code : "no answer", answer.field);
    m->failures++;
}

static void try(maker *m, const wrong *w)
{
    size_t number = m->count++;
    if (m->every != 0 && number % m->every == m->from % m->every)
        judge(m, w);
}

/* --- bodies that are right --- */

static zy_json *text_of(size_t chars, const char *piece)
{
    ZY_AUTO_BUF text = { 0 };
    for (size_t i = 0; i < chars; i++)
        zy_buf_c(&text, piece);
    return zy_json_new_str(zy_buf_view(&text));
}

static const char *good_piece(zy_field_type type)
{
    return type == ZY_F_NAME || type == ZY_F_TEXT ? "张" : type == ZY_F_BASE64 ? "A" : type == ZY_F_CODE || type == ZY_F_USER ? "a" : "1";
}

/* The shortest that is right; base64 comes in fours. */
static size_t good_chars(const zy_field *f)
{
    size_t chars = f->min > 0 ? (size_t)f->min : 1;
    return f->type == ZY_F_BASE64 ? (chars + 3) / 4 * 4 : chars;
}

static zy_json *good_object(const zy_field *fields, size_t count);

static zy_json *good_list(const zy_field *f, size_t items)
{
    zy_json *list = zy_json_array();
    for (size_t i = 0; i < items; i++)
        zy_json_push(list, good_object(f->object, f->object_count));
    return list;
}

static zy_json *good_value(const zy_field *f)
{
    zy_str choice, choices = zy_str_of(f->choices);
    char id[ZY_ID_TEXT_MAX];
    switch (f->type) {
    case ZY_F_ID:
        zy_id_format((zy_id){ 1 }, id);
        return zy_json_new_str(zy_str_of(id));
    case ZY_F_MONEY:
    case ZY_F_INT:
        return zy_json_new_int(f->min);
    case ZY_F_BOOL:
        return zy_json_new_bool(false);
    case ZY_F_DAY:
        return zy_json_new_str(ZY_STR("2026-11-22"));
    case ZY_F_ENUM:
        zy_str_next(&choices, '|', &choice);
        return zy_json_new_str(choice);
    case ZY_F_OBJECT:
        return good_object(f->object, f->object_count);
    case ZY_F_LIST:
        return good_list(f, (size_t)(f->min > 0 ? f->min : 1));
    default:
        return text_of(good_chars(f), good_piece(f->type));
    }
}

static zy_json *good_object(const zy_field *fields, size_t count)
{
    zy_json *object = zy_json_object();
    for (size_t i = 0; i < count; i++)
        if (!fields[i].optional)
            zy_json_set(object, fields[i].name, good_value(&fields[i]));
    return object;
}

void zy_api_good_body(const zy_api *api, zy_buf *out)
{
    ZY_AUTO(zy_json_free) zy_json *body = good_object(api->fields, api->field_count);
    zy_json_write(body, out);
}

/* --- one field that is wrong --- */

/* Where a field stands: the objects around it, outermost first. */
typedef struct place {
    const zy_field *around[DEPTH_MAX];
    size_t depth;
} place;

static zy_json *copy_with(const zy_json *object, const char *name, zy_json *value)
{
    zy_json *copy = zy_json_object();
    void *iter = NULL;
    const char *key;
    const zy_json *member;
    while (zy_json_next(object, &iter, &key, &member))
        if (strcmp(key, name) != 0)
            zy_json_set(copy, key, zy_json_copy(member));
    if (value != NULL)
        zy_json_set(copy, name, value);
    return copy;
}

/* What holds the member: of a list one item. */
static zy_json *holding(const zy_field *around, zy_json *object)
{
    if (around->type != ZY_F_LIST)
        return object;
    zy_json *list = zy_json_array();
    zy_json_push(list, object);
    return list;
}

/* A right body whose member at the place has another value (taken over; NULL: is missing). */
static zy_json *body_with(const zy_api *api, const place *at, const char *name, zy_json *value)
{
    for (size_t level = at->depth + 1; level > 0; level--) {
        const zy_field *around = level > 1 ? at->around[level - 2] : NULL;
        ZY_AUTO(zy_json_free) zy_json *good = around != NULL ? good_object(around->object, around->object_count)
                                                             : good_object(api->fields, api->field_count);
        value = copy_with(good, level == at->depth + 1 ? name : at->around[level - 1]->name, value);
        if (around != NULL)
            value = holding(around, value);
    }
    return value;
}

static void path_of(const place *at, const char *name, char out[64])
{
    size_t n = 0;
    for (size_t i = 0; i < at->depth; i++)
        n += (size_t)snprintf(out + n, 64 - n, "%.18s.%s", at->around[i]->name, at->around[i]->type == ZY_F_LIST ? "0." : "");
    snprintf(out + n, 64 - n, "%.20s", name);
}

static void try_value(maker *m, const place *at, const char *name, zy_json *value, const char *what)
{
    ZY_AUTO(zy_json_free) zy_json *body = body_with(m->api, at, name, value);
    ZY_AUTO_BUF text = { 0 };
    wrong w = { .what = what, .code = ZY_BAD_FIELD };
    zy_json_write(body, &text);
    path_of(at, name, w.field);
    w.call = (zy_negative_call){ .api = m->api->name, .version = m->api->version != 0 ? m->api->version : 1,
                                 .id = m->api->idempotent ? GOOD_ID : NULL, .body = text.p, .logged_in = true };
    try(m, &w);
}

static zy_json *new_c(const char *text)
{
    return zy_json_new_str(zy_str_of(text));
}

static void try_text(maker *m, const place *at, const zy_field *f)
{
    static const char *const NOWHERE[] = { "\xe2\x80\xae", "\xe2\x80\x8b", "\x07" }; /* in no text at all */
    static const char *const NOT_HERE[] = { "<", ";", "\"", "'" };                   /* in no text but free ones */
    if (f->min > 0)
        try_value(m, at, f->name, text_of((size_t)f->min - 1, good_piece(f->type)), "too short");
    try_value(m, at, f->name, text_of((size_t)f->max + 1, good_piece(f->type)), "too long");
    try_value(m, at, f->name, zy_json_new_int(1), "a number for a text");
    size_t chars = good_chars(f);
    for (size_t i = 0; i < ZY_COUNT(NOWHERE); i++)
        try_value(m, at, f->name, text_of(chars, NOWHERE[i]), "a hidden character");
    for (size_t i = 0; i < ZY_COUNT(NOT_HERE) && f->type != ZY_F_TEXT; i++)
        if (f->type != ZY_F_NAME || NOT_HERE[i][0] != '\'')
            try_value(m, at, f->name, text_of(chars, NOT_HERE[i]), "a character that is not allowed");
}

static void try_number(maker *m, const place *at, const zy_field *f)
{
    if (f->min > INT64_MIN)
        try_value(m, at, f->name, zy_json_new_int(f->min - 1), "below its range");
    if (f->max < INT64_MAX)
        try_value(m, at, f->name, zy_json_new_int(f->max + 1), "past its range");
    try_value(m, at, f->name, new_c("1"), "a text for a number");
    try_value(m, at, f->name, zy_json_new_bool(true), "a truth for a number");
}

static void try_id(maker *m, const place *at, const zy_field *f)
{
    try_value(m, at, f->name, zy_json_new_int(1), "a number for an id");
    try_value(m, at, f->name, new_c("0000000000000"), "the id of nothing");
    try_value(m, at, f->name, new_c("00000000000001"), "an id too long");
    try_value(m, at, f->name, new_c("1' OR 1=1--  "), "no id");
}

static void try_day(maker *m, const place *at, const zy_field *f)
{
    try_value(m, at, f->name, zy_json_new_int(20261122), "a number for a day");
    try_value(m, at, f->name, new_c("2026-02-30"), "a day that is not");
    try_value(m, at, f->name, new_c("2026-2-3"), "a day of another form");
}

static void try_bool(maker *m, const place *at, const zy_field *f)
{
    try_value(m, at, f->name, zy_json_new_int(1), "a number for a truth");
    try_value(m, at, f->name, new_c("true"), "a text for a truth");
}

static void try_enum(maker *m, const place *at, const zy_field *f)
{
    try_value(m, at, f->name, new_c(f->choices), "the choices at once");
    try_value(m, at, f->name, new_c("no-such-choice"), "no choice");
    try_value(m, at, f->name, zy_json_new_int(0), "a number for a choice");
}

static void try_fields(maker *m, const place *at, const zy_field *fields, size_t count);

static void try_object(maker *m, const place *at, const zy_field *f)
{
    place inner = *at;
    try_value(m, at, f->name, zy_json_array(), "a list for an object");
    try_value(m, at, f->name, zy_json_new_int(1), "a number for an object");
    if (f->or_text != NULL)
        try_value(m, at, f->name, text_of((size_t)f->or_text->max + 1, good_piece(f->or_text->type)), "too long a text");
    else
        try_value(m, at, f->name, new_c("x"), "a text for an object");
    if (inner.depth == DEPTH_MAX)
        return;
    inner.around[inner.depth++] = f;
    try_fields(m, &inner, f->object, f->object_count);
}

static void try_list(maker *m, const place *at, const zy_field *f)
{
    place inner = *at;
    try_value(m, at, f->name, zy_json_object(), "an object for a list");
    try_value(m, at, f->name, new_c("x"), "a text for a list");
    if (f->min > 0)
        try_value(m, at, f->name, zy_json_array(), "too few");
    try_value(m, at, f->name, good_list(f, (size_t)f->max + 1), "too many");
    if (inner.depth == DEPTH_MAX)
        return;
    inner.around[inner.depth++] = f;
    try_fields(m, &inner, f->object, f->object_count);
}

static void (*const BY_TYPE[])(maker *m, const place *at, const zy_field *f) = {
    [ZY_F_ID] = try_id,     [ZY_F_MONEY] = try_number, [ZY_F_INT] = try_number, [ZY_F_BOOL] = try_bool,   [ZY_F_DAY] = try_day,
    [ZY_F_CODE] = try_text, [ZY_F_TOKEN] = try_text,   [ZY_F_DIGITS] = try_text, [ZY_F_CARD] = try_text,  [ZY_F_PHONE] = try_text,
    [ZY_F_NAME] = try_text, [ZY_F_TEXT] = try_text,    [ZY_F_USER] = try_text,  [ZY_F_BASE64] = try_text, [ZY_F_PROOF] = try_text, [ZY_F_HEX] = try_text,
    [ZY_F_OBJECT] = try_object, [ZY_F_ENUM] = try_enum, [ZY_F_LIST] = try_list,
};

static void try_fields(maker *m, const place *at, const zy_field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!fields[i].optional)
            try_value(m, at, fields[i].name, NULL, "missing");
        try_value(m, at, fields[i].name, zy_json_new_null(), "null");
        BY_TYPE[fields[i].type](m, at, &fields[i]);
    }
    try_value(m, at, "no_such_field", zy_json_new_int(1), "unknown");
}

/* --- the call around the body --- */

static void try_envelopes(maker *m)
{
    ZY_AUTO_BUF body = { 0 };
    char other[80];
    int64_t version = m->api->version != 0 ? m->api->version : 1;
    const char *id = m->api->idempotent ? GOOD_ID : NULL;
    zy_api_good_body(m->api, &body);
    snprintf(other, sizeof other, "%.70s.none", m->api->name);
    const wrong rows[] = {
        { { other, version, 0, id, body.p, true }, "beside it", ZY_API_UNKNOWN, "api" },
        { { m->api->name, version + 1, 0, id, body.p, true }, "of another version", ZY_API_UNKNOWN, "v" },
        { { m->api->name, 0, 0, id, body.p, true }, "of no version", ZY_API_UNKNOWN, "v" },
        { { m->api->name, version, SKEW_MS, id, body.p, true }, "from the future", ZY_CLOCK_SKEW, "t" },
        { { m->api->name, version, -SKEW_MS, id, body.p, true }, "from the past", ZY_CLOCK_SKEW, "t" },
        { { m->api->name, version, 0, id, "[]", true }, "with a list as body", ZY_BAD_FIELD, "" },
        { { m->api->name, version, 0, id, "{", true }, "with broken JSON", ZY_BAD_REQUEST, "" },
    };
    for (size_t i = 0; i < ZY_COUNT(rows); i++) {
        bool of_envelope = rows[i].code == ZY_CLOCK_SKEW || strcmp(rows[i].field, "v") == 0;
        if (!m->n->no_envelope || !of_envelope)
            try(m, &rows[i]);
    }
    if (m->api->class != ZY_PUBLIC)
        try(m, &(wrong){ { m->api->name, version, 0, id, body.p, false }, "without login", ZY_LOGIN_REQUIRED, "" });
}

static void try_ids(maker *m)
{
    static const char *const BAD[] = { NULL, "", "0123456789abcde", "0123456789abcde.", "0123456789abcde 0",
                                       "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0" };
    ZY_AUTO_BUF body = { 0 };
    int64_t version = m->api->version != 0 ? m->api->version : 1;
    zy_api_good_body(m->api, &body);
    if (!m->api->idempotent) {
        try(m, &(wrong){ { m->api->name, version, 0, GOOD_ID, body.p, true }, "given where none is asked for", ZY_BAD_FIELD, "id" });
        return;
    }
    for (size_t i = 0; i < ZY_COUNT(BAD); i++)
        try(m, &(wrong){ { m->api->name, version, 0, BAD[i], body.p, true }, "missing or malformed", ZY_BAD_FIELD, "id" });
}

static void try_api(maker *m)
{
    try_envelopes(m);
    try_ids(m);
    try_fields(m, &(place){ 0 }, m->api->fields, m->api->field_count);
}

size_t zy_api_negative_cases(const zy_api *api, bool no_envelope)
{
    zy_negative n = { .no_envelope = no_envelope };
    maker m = { .n = &n, .api = api };
    try_api(&m);
    return m.count;
}

static bool is_skipped(const zy_negative *n, const char *api)
{
    for (size_t i = 0; n->skip != NULL && n->skip[i] != NULL; i++)
        if (strcmp(n->skip[i], api) == 0)
            return true;
    return false;
}

/* Spread over the cases, so that the calls of one round stay under the API's rate. */
static size_t spread(const zy_negative *n, const zy_api *api)
{
    size_t most = api->per_minute > 1 ? api->per_minute - 1 : 1;
    return n->within_rates ? (zy_api_negative_cases(api, n->no_envelope) + most - 1) / most : 1;
}

static void try_door(maker *m)
{
    for (size_t i = 0; i < zy_registry_count(m->n->registry); i++) {
        m->api = zy_registry_at(m->n->registry, i);
        if (m->api->door != m->n->door || is_skipped(m->n, m->api->name))
            continue;
        m->count = 0;
        m->every = spread(m->n, m->api);
        m->from = m->n->round;
        try_api(m);
    }
}

size_t zy_api_negative_failures(const zy_negative *n, size_t *ret_made)
{
    maker m = { .n = n };
    try_door(&m);
    *ret_made = m.made;
    return m.failures;
}

size_t zy_api_negative(const zy_negative *n)
{
    maker m = { .n = n };
    try_door(&m);
    for (size_t i = 0; i < m.failures && i < SHOWN_MAX; i++)
        print_error("%s\n", m.shown[i]);
    if (m.failures > 0)
        fail_msg("%zu of %zu calls answered otherwise than their tables say", m.failures, m.made);
    return m.made;
}
