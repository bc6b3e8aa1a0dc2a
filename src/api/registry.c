/* The set of API tables: what is wrong with an entry is refused at start. */
#include "api/registry.h"

#include <stdlib.h>
#include <string.h>

#define RATE_KEYS      200000
#define FIELD_NAME_MAX 20 /* what decode.c says back */

const zy_config_row ZY_API_CONFIG[] = {
    { "api.address_factor", ZY_C_INT, "10", 1, 1000000, NULL,
      "calls of one address in a minute: this many times an API's own limit (many customers share an address)" },
};
const size_t ZY_API_CONFIG_COUNT = ZY_COUNT(ZY_API_CONFIG);

zy_status zy_registry_new(zy_env *env, zy_api_registry **ret_registry, zy_err *err)
{
    zy_api_registry *r = calloc(1, sizeof *r);
    if (r == NULL)
        return ZY_NO_MEMORY;
    r->env = env;
    r->address_factor = env->config != NULL ? (unsigned)zy_config_int(env->config, "api.address_factor") : 10;
    r->rates = zy_rates_new(RATE_KEYS, env->clock);
    if (r->rates == NULL) {
        free(r);
        return zy_fail(err, ZY_NO_MEMORY, NULL, "no memory for rate limits");
    }
    *ret_registry = r;
    return ZY_OK;
}

void zy_registry_free(zy_api_registry *r)
{
    if (r == NULL)
        return;
    for (size_t i = 0; i < r->count; i++)
        free(r->metrics[i]);
    zy_rates_free(r->rates);
    free(r);
}

void zy_registry_hooks(zy_api_registry *r, const zy_api_hooks *hooks)
{
    r->hooks = *hooks;
}

static int compare(const zy_api *a, zy_door door, zy_str name)
{
    return a->door != door ? (int)a->door - (int)door : zy_str_cmp(zy_str_of(a->name), name);
}

size_t registry_index(const zy_api_registry *r, zy_door door, zy_str name)
{
    size_t low = 0, high = r->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = compare(r->apis[middle], door, name);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return r->count;
}

const zy_api *zy_registry_find(const zy_api_registry *r, zy_door door, zy_str name)
{
    size_t at = registry_index(r, door, name);
    return at < r->count ? r->apis[at] : NULL;
}

size_t zy_registry_count(const zy_api_registry *r)
{
    return r->count;
}

const zy_api *zy_registry_at(const zy_api_registry *r, size_t index)
{
    return r->apis[index];
}

static size_t size_of(const zy_field *f)
{
    switch (f->type) {
    case ZY_F_ID:
        return sizeof(zy_id);
    case ZY_F_MONEY:
    case ZY_F_INT:
        return sizeof(int64_t);
    case ZY_F_BOOL:
        return sizeof(bool);
    case ZY_F_DAY:
        return sizeof(zy_day);
    case ZY_F_OBJECT:
        return 1;
    case ZY_F_LIST:
        return sizeof(zy_items);
    default:
        return sizeof(zy_str);
    }
}

static bool is_text(zy_field_type type)
{
    return type >= ZY_F_CODE && type <= ZY_F_HEX;
}

static zy_status wrong(const zy_api *api, const char *what, const char *field, zy_err *err)
{
    return zy_fail(err, ZY_CONFIG_BAD, field, "API %s: %s", api->name != NULL ? api->name : "?", what);
}

/* `within`: bytes of the struct that the fields lie in, `base` of which are before it. */
static zy_status check_fields(const zy_api *api, const zy_field *fields, size_t count, size_t base, size_t within, zy_err *err)
{
    for (size_t i = 0; i < count; i++) {
        const zy_field *f = &fields[i];
        if (f->name == NULL || f->type < ZY_F_ID || f->type > ZY_F_LIST)
            return wrong(api, "a field without name or type", f->name, err);
        if (strlen(f->name) > FIELD_NAME_MAX)
            return wrong(api, "a field whose name does not fit into an answer", f->name, err);
        if (f->min > f->max)
            return wrong(api, "a field whose bounds are crossed", f->name, err);
        if (is_text(f->type) && (f->min < 0 || f->max < 1))
            return wrong(api, "a text that can never be right", f->name, err);
        if (f->or_text != NULL && (f->type != ZY_F_OBJECT || !is_text(f->or_text->type)))
            return wrong(api, "a text that stands for no object", f->name, err);
        if (f->type == ZY_F_LIST && (f->min < 0 || f->max < 1 || f->item_size == 0 || f->object == NULL))
            return wrong(api, "a list of nothing", f->name, err);
        if (base + f->offset + size_of(f) > within || base + f->has_offset >= within)
            return wrong(api, "a field outside the input struct", f->name, err);
        if (f->type == ZY_F_ENUM && f->choices == NULL)
            return wrong(api, "a choice without choices", f->name, err);
        for (size_t k = 0; k < i; k++)
            if (strcmp(fields[k].name, f->name) == 0)
                return wrong(api, "a field stands twice", f->name, err);
        if (f->type == ZY_F_OBJECT)
            ZY_TRY(check_fields(api, f->object, f->object_count, base + f->offset, within, err));
        if (f->type == ZY_F_LIST)
            ZY_TRY(check_fields(api, f->object, f->object_count, 0, f->item_size, err));
        if (f->or_text != NULL)
            ZY_TRY(check_fields(api, f->or_text, 1, base, within, err));
    }
    return ZY_OK;
}

/* A mask on what is no text would mask nothing. */
static zy_status check_outs(const zy_api *api, const zy_out *outs, size_t count, zy_err *err)
{
    for (size_t i = 0; i < count; i++) {
        const zy_out *o = &outs[i];
        bool of_texts = o->type == ZY_O_STR || o->type == ZY_O_STRS, of_members = o->type == ZY_O_OBJECT || o->type == ZY_O_LIST;
        if (o->name == NULL || o->type < ZY_O_STR || o->type > ZY_O_STRS)
            return wrong(api, "an answer's member without name or type", o->name, err);
        if (o->mask > ZY_M_ID_NO || (o->mask != ZY_M_NONE && !of_texts))
            return wrong(api, "a mask on what is no text", o->name, err);
        if (of_members != (o->members != NULL && o->member_count > 0))
            return wrong(api, "an answer's object without members, or members of no object", o->name, err);
        for (size_t k = 0; k < i; k++)
            if (strcmp(outs[k].name, o->name) == 0)
                return wrong(api, "an answer's member stands twice", o->name, err);
        if (of_members)
            ZY_TRY(check_outs(api, o->members, o->member_count, err));
    }
    return ZY_OK;
}

/* Absent means closed: an entry that forgets to say who may call it is refused. */
static zy_status check_api(const zy_api_registry *r, const zy_api *api, zy_err *err)
{
    if (api->name == NULL || api->run == NULL || api->title == NULL)
        return wrong(api, "no name, title or handler", NULL, err);
    if (api->class < ZY_PUBLIC || api->class > ZY_PRIVATE || api->door < ZY_DOOR_CUSTOMER || api->door > ZY_DOOR_PARTNER)
        return wrong(api, "no class or door", NULL, err);
    if (api->per_minute == 0)
        return wrong(api, "no rate limit", NULL, err);
    if (api->idempotent && (api->class == ZY_PUBLIC || api->door == ZY_DOOR_PARTNER))
        return wrong(api, "an idempotency id belongs to a person", NULL, err);
    if (registry_index(r, api->door, zy_str_of(api->name)) < r->count)
        return wrong(api, "stands twice", NULL, err);
    ZY_TRY(check_fields(api, api->fields, api->field_count, 0, api->input_size, err));
    return check_outs(api, api->outs, api->out_count, err);
}

zy_status zy_registry_add(zy_api_registry *r, const zy_api *apis, size_t count, zy_err *err)
{
    for (size_t i = 0; i < count; i++) {
        if (r->count == REGISTRY_MAX)
            return wrong(&apis[i], "too many APIs", NULL, err);
        ZY_TRY(check_api(r, &apis[i], err));
        api_metrics *metrics = calloc(1, sizeof *metrics);
        if (metrics == NULL)
            return ZY_NO_MEMORY;
        size_t at = r->count;
        for (; at > 0 && compare(r->apis[at - 1], apis[i].door, zy_str_of(apis[i].name)) > 0; at--) {
            r->apis[at] = r->apis[at - 1];
            r->metrics[at] = r->metrics[at - 1];
        }
        r->apis[at] = &apis[i];
        r->metrics[at] = metrics;
        r->count++;
    }
    return ZY_OK;
}
