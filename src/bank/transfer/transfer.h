/* Transfers inside the bank and the payee book: transfer.prepare, payee.list, payee.add, payee.remove. */
#pragma once

#include "api/api.h"

extern const zy_api ZY_TRANSFER_APIS[];
extern const size_t ZY_TRANSFER_API_COUNT;
/* Registers the order kind transfer.internal and the parameters transfer.once_limit_fen, transfer.day_limit_fen. */
ZY_CHECKED zy_status zy_transfer_start(zy_env *env, zy_err *err);
