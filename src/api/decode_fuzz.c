/* What is decoded keeps the limits of its table; and no request, however odd, gets more than an answer. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "zy_sample_api.h"

#define NOW_MS INT64_C(1795399200000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void text_is_within(const zy_field *f, zy_str s)
{
    if (s.p == NULL) {
        assert(f->optional);
        return;
    }
    assert(zy_str_is_utf8(s));
    int64_t chars = (int64_t)zy_str_chars(s);
    assert(chars >= f->min && chars <= f->max);
    for (size_t at = 0; at < s.n;) {
        uint32_t c = zy_str_rune(s, &at);
        assert(c >= 0x20 && c != 0x7f && c != 0x202e && c != 0x200b);
        assert(f->type == ZY_F_TEXT || f->type == ZY_F_NAME || c < 0x7f);
        assert(f->type == ZY_F_TEXT || (c != '<' && c != '>' && c != '"' && c != ';' && c != '&'));
    }
}

static void struct_is_within(const zy_field *fields, size_t count, const char *in)
{
    for (size_t i = 0; i < count; i++) {
        const zy_field *f = &fields[i];
        const void *member = in + f->offset;
        bool absent = f->has_offset != 0 && !*(const bool *)(in + f->has_offset);
        switch (f->type) {
        case ZY_F_MONEY:
        case ZY_F_INT: {
            int64_t v = f->type == ZY_F_INT ? *(const int64_t *)member : ((const zy_money *)member)->fen;
            assert(absent ? v == 0 : v >= f->min && v <= f->max);
            break;
        }
        case ZY_F_ID:
            assert(((const zy_id *)member)->v > 0);
            break;
        case ZY_F_OBJECT:
            if (f->or_text != NULL && *(const bool *)(in + f->has_offset) == false)
                continue;
            struct_is_within(f->object, f->object_count, member);
            break;
        case ZY_F_LIST: {
            const zy_items *list = member;
            assert((int64_t)list->n >= (absent ? 0 : f->min) && (int64_t)list->n <= f->max);
            for (size_t k = 0; k < list->n; k++)
                struct_is_within(f->object, f->object_count, (const char *)list->items + k * f->item_size);
            break;
        }
        case ZY_F_BOOL:
        case ZY_F_DAY:
            break;
        case ZY_F_ENUM: { /* a part of the table's own text */
            const zy_str *s = member;
            assert(s->p >= f->choices && s->p + s->n <= f->choices + strlen(f->choices) && s->n > 0);
            break;
        }
        default:
            text_is_within(f, *(const zy_str *)member);
        }
    }
}

static zy_status echo(zy_call *call, const void *in, zy_json *body, zy_err *err)
{
    (void)err;
    struct_is_within(SAMPLE_FIELDS, ZY_COUNT(SAMPLE_FIELDS), in);
    const sample_in *sample = in;
    zy_json_set_str(body, "phone", sample->phone);
    zy_json_set_str(body, "name", sample->name);
    zy_json_set_str(body, "card", sample->card);
    assert(call->api->class == ZY_PUBLIC); /* nobody is logged in */
    return ZY_OK;
}

static zy_status nobody(zy_env *env, zy_caller *caller, const zy_api *api, zy_time now, zy_err *err)
{
    (void)env;
    (void)caller;
    (void)api;
    (void)now;
    return zy_fail(err, ZY_LOGIN_REQUIRED, NULL, "nobody");
}

static const zy_api APIS[] = {
    { .name = "sample.make", .door = ZY_DOOR_CUSTOMER, .class = ZY_PUBLIC, .per_minute = 100000000, .title = "Makes",
      ZY_FIELDS(sample_in, SAMPLE_FIELDS), ZY_OUTS(SAMPLE_OUTS), .run = echo },
    { .name = "sample.own", .door = ZY_DOOR_CUSTOMER, .class = ZY_PRIVATE, .per_minute = 100000000, .idempotent = true,
      .title = "Makes", ZY_FIELDS(sample_in, SAMPLE_FIELDS), ZY_OUTS(SAMPLE_OUTS), .run = echo },
};

static zy_api_registry *registry_of_samples(void)
{
    static const zy_api_hooks HOOKS = { .login = nobody };
    static zy_env env;
    zy_api_registry *registry = NULL;
    zy_log_open(2, ZY_LOG_ERROR + 1); /* a log line for each input is of no use */
    env.clock = zy_clock_fake_new((zy_time){ NOW_MS }); /* kept envelopes stay in time */
    bool good = zy_crypto_start(NULL) == ZY_OK && zy_registry_new(&env, &registry, NULL) == ZY_OK &&
                zy_registry_add(registry, APIS, ZY_COUNT(APIS), NULL) == ZY_OK;
    if (!good)
        abort();
    zy_registry_hooks(registry, &HOOKS);
    return registry;
}

static void answer_is_whole(const zy_buf *out, zy_status status)
{
    zy_json *answer = NULL;
    zy_str code;
    assert(zy_json_parse(zy_buf_view(out), &answer) == ZY_OK);
    assert(zy_json_str(answer, "code", &code) && zy_str_eq_c(code, zy_status_name(status)));
    assert((zy_json_get(answer, "trace") != NULL) == (status != ZY_OK));
    zy_json_free(answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static zy_api_registry *registry;
    static zy_arena *arena;
    if (registry == NULL) {
        registry = registry_of_samples();
        arena = zy_arena_new(1 << 20);
    }
    zy_str text = zy_str_bytes(data, size);
    zy_caller caller = { .door = ZY_DOOR_CUSTOMER, .address = ZY_STR("192.0.2.1") };
    ZY_AUTO_BUF named = { 0 };
    ZY_AUTO_BUF enveloped = { 0 };
    zy_status status;
    zy_arena_reset(arena);
    zy_dispatch_named(registry, &caller, arena, ZY_STR("sample.make"), (zy_str){ 0 }, text, &named, &status);
    answer_is_whole(&named, status);
    zy_arena_reset(arena);
    status = zy_dispatch(registry, &caller, arena, text, &enveloped);
    answer_is_whole(&enveloped, status);
    return 0;
}
