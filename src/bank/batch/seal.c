/* A row's payee, memo and amount at rest: bound to the row, so that no two rows can be swapped. */
#include "bank/batch/batch_internal.h"

void batch_row_wipe(batch_row *r)
{
    zy_wipe(r, sizeof *r);
}

static zy_cell row_cell(zy_id id)
{
    return (zy_cell){ "batch_row", "content", id };
}

zy_status batch_row_seal(zy_env *env, const batch_row *r, zy_buf *ret_sealed)
{
    ZY_AUTO(zy_json_free) zy_json *json = zy_json_object();
    ZY_AUTO_SECRET_BUF plain = { 0 };
    zy_json_set_int(json, "amount", r->amount.fen);
    zy_json_set_c(json, "name", r->to_name);
    zy_json_set_c(json, "number", r->to_number);
    zy_json_set_c(json, "bank", r->to_bank);
    zy_json_set_c(json, "memo", r->memo);
    zy_json_write(json, &plain);
    return zy_keys_seal(env->keys, ZY_KEY_FIELD, row_cell(r->id), plain.p, plain.n, ret_sealed);
}

static zy_status copy_member(const zy_json *json, const char *name, char *out, size_t size, zy_err *err)
{
    zy_str value;
    if (!zy_json_str(json, name, &value))
        return zy_fail(err, ZY_INTERNAL, NULL, "a batch's row without %s", name);
    return zy_str_copy(value, out, size);
}

zy_status batch_row_open(zy_env *env, zy_str sealed, batch_row *r, zy_err *err)
{
    ZY_AUTO_SECRET_BUF plain = { 0 };
    ZY_AUTO(zy_json_free) zy_json *json = NULL;
    int64_t fen = 0;
    ZY_TRY(zy_keys_open_cell(env->keys, ZY_KEY_FIELD, row_cell(r->id), sealed.p, sealed.n, &plain));
    ZY_TRY(zy_json_parse(zy_buf_view(&plain), &json));
    if (!zy_json_int(json, "amount", &fen) || fen != r->amount.fen)
        return zy_fail(err, ZY_INTERNAL, NULL, "a batch's row whose amount is not the one that was sealed");
    ZY_TRY(copy_member(json, "name", r->to_name, sizeof r->to_name, err));
    ZY_TRY(copy_member(json, "number", r->to_number, sizeof r->to_number, err));
    ZY_TRY(copy_member(json, "bank", r->to_bank, sizeof r->to_bank, err));
    return copy_member(json, "memo", r->memo, sizeof r->memo, err);
}
