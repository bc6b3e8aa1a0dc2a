/* The rows of bound numbers, opened and sealed. */
#include <string.h>

#include "bank/phonepay/phonepay_internal.h"

void binding_wipe(binding *b)
{
    zy_wipe(b, sizeof *b);
}

zy_status phone_index(zy_env *env, zy_str phone, uint8_t out[ZY_SM3_BYTES])
{
    return zy_keys_index(env->keys, "phonepay.phone", phone, out);
}

static zy_cell cell_of(zy_id customer)
{
    return (zy_cell){ "phone_binding", "content", customer };
}

zy_status binding_seal(zy_env *env, const binding *b, zy_buf *ret_sealed)
{
    ZY_AUTO(zy_json_free) zy_json *content = zy_json_object();
    zy_json_set_c(content, "phone", b->phone);
    zy_json_set_c(content, "number", b->number);
    zy_json_set_c(content, "name", b->name);
    ZY_AUTO_SECRET_BUF plain = { 0 };
    zy_json_write(content, &plain);
    return zy_keys_seal(env->keys, ZY_KEY_FIELD, cell_of(b->customer), plain.p, plain.n, ret_sealed);
}

static zy_status copy_member(const zy_json *content, const char *name, char *out, size_t size)
{
    zy_str value;
    return zy_json_str(content, name, &value) ? zy_str_copy(value, out, size) : ZY_INTERNAL;
}

zy_status binding_open(zy_env *env, zy_str sealed, binding *b, zy_err *err)
{
    ZY_AUTO_SECRET_BUF plain = { 0 };
    ZY_AUTO(zy_json_free) zy_json *content = NULL;
    zy_status status = zy_keys_open_cell(env->keys, ZY_KEY_FIELD, cell_of(b->customer), sealed.p, sealed.n, &plain);
    if (status != ZY_OK)
        return zy_fail(err, status, NULL, "the content of a bound number");
    ZY_TRY(zy_json_parse(zy_buf_view(&plain), &content));
    ZY_TRY(copy_member(content, "phone", b->phone, sizeof b->phone));
    ZY_TRY(copy_member(content, "number", b->number, sizeof b->number));
    return copy_member(content, "name", b->name, sizeof b->name);
}

zy_status binding_of(zy_rtx *rtx, zy_env *env, zy_id customer, binding *ret_binding, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    zy_str sealed;
    ZY_TRY(binding_by_customer(rtx, customer, ret_binding, &row, &sealed, err));
    return binding_open(env, sealed, ret_binding, err);
}
