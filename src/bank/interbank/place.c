#include "bank/interbank/interbank_internal.h"

zy_status zy_interbank_place(zy_env *env, zy_str bank, zy_str number, zy_id *ret_place, zy_err *err)
{
    uint8_t index[ZY_SM3_BYTES];
    uint64_t bits = 0;
    ZY_AUTO_SECRET_BUF text = { 0 };
    zy_buf_str(&text, bank);
    zy_buf_str(&text, ZY_STR("|"));
    zy_buf_str(&text, number);
    if (zy_buf_failed(&text))
        return zy_fail(err, ZY_NO_MEMORY, "", "no memory for an account number");
    ZY_TRY(zy_keys_index(env->keys, "interbank.place", zy_buf_view(&text), index));
    for (int i = 0; i < 8; i++)
        bits = bits << 8 | index[i];
    *ret_place = (zy_id){ -(int64_t)(bits >> 1) - 1 };
    return ZY_OK;
}
