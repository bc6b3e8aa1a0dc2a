/* What leaves: only members that the table names, masked by its rules. */
#include <string.h>

#include "api/api.h"

typedef void (*mask_fn)(zy_str value, char out[ZY_MASK_MAX]);
static const mask_fn MASKS[] = {
    [ZY_M_PHONE] = zy_mask_phone, [ZY_M_NAME] = zy_mask_name, [ZY_M_CARD] = zy_mask_card, [ZY_M_ID_NO] = zy_mask_id_no,
};

static zy_json *mask_object(const zy_out *outs, size_t count, const zy_json *object);

static zy_json *mask_text(const zy_out *o, const zy_json *value)
{
    zy_str s;
    if (!zy_json_as_str(value, &s))
        return NULL;
    if (o->mask == ZY_M_NONE || s.n == 0)
        return zy_json_new_str(s);
    char masked[ZY_MASK_MAX];
    MASKS[o->mask](s, masked);
    return zy_json_new_str(zy_str_of(masked));
}

static zy_json *mask_list(const zy_out *o, const zy_json *value)
{
    if (zy_json_type(value) != ZY_JSON_ARRAY)
        return NULL;
    zy_json *list = zy_json_array();
    for (size_t i = 0; i < zy_json_count(value); i++) {
        const zy_json *item = zy_json_at(value, i);
        zy_json *masked = o->type == ZY_O_STRS ? mask_text(o, item) : mask_object(o->members, o->member_count, item);
        if (masked != NULL)
            zy_json_push(list, masked);
    }
    return list;
}

/* NULL when the value is not of the table's type: a handler's mistake shows as a missing member, never as a leak. */
static zy_json *mask_value(const zy_out *o, const zy_json *value)
{
    int64_t i;
    bool b;
    switch (o->type) {
    case ZY_O_STR:
        return mask_text(o, value);
    case ZY_O_INT:
        return zy_json_as_int(value, &i) ? zy_json_new_int(i) : NULL;
    case ZY_O_BOOL:
        return zy_json_as_bool(value, &b) ? zy_json_new_bool(b) : NULL;
    case ZY_O_OBJECT:
        return mask_object(o->members, o->member_count, value);
    case ZY_O_LIST:
    case ZY_O_STRS:
        return mask_list(o, value);
    }
    return NULL;
}

static zy_json *mask_object(const zy_out *outs, size_t count, const zy_json *object)
{
    if (zy_json_type(object) != ZY_JSON_OBJECT)
        return NULL;
    zy_json *masked = zy_json_object();
    for (size_t i = 0; i < count; i++) {
        const zy_json *value = zy_json_get(object, outs[i].name);
        zy_json *copy = value != NULL ? mask_value(&outs[i], value) : NULL;
        if (copy != NULL)
            zy_json_set(masked, outs[i].name, copy);
    }
    return masked;
}

zy_json *zy_mask_body(const zy_out *outs, size_t count, const zy_json *body)
{
    zy_json *masked = mask_object(outs, count, body);
    return masked != NULL ? masked : zy_json_object();
}
