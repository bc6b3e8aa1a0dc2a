/* Answers of the carriers' gateway: one that was taken has its number, and a name in its bounds. */
#include <assert.h>
#include <string.h>

#include "connector/carrier_internal.h"
#include "connector/signed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ZY_AUTO(zy_json_free) zy_json *answer = NULL;
    zy_carrier_verdict v;
    if (zy_signed_answer_parse(zy_str_bytes(data, size), ZY_STR("0123456789abcdef0123456789abcdef"), &answer) == ZY_OK &&
        carrier_check_read(answer, &v) == ZY_OK)
        assert(v.number[0] != '\0' && strlen(v.number) < sizeof v.number && strlen(v.name) < sizeof v.name);
    return 0;
}
