/* What is read as money prints back: as the same text, or as the canonical text of the same fen. */
#include <assert.h>

#include "base/money.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    zy_str text = zy_str_bytes(data, size);
    zy_money money, again;
    if (zy_money_parse(text, &money) != ZY_OK)
        return 0;
    char printed[ZY_MONEY_TEXT_MAX];
    zy_money_format(money, printed);
    assert(zy_money_parse(zy_str_of(printed), &again) == ZY_OK && again.fen == money.fen);
    assert(zy_str_starts(zy_str_of(printed), text)); /* only decimals may be missing */
    return 0;
}
