/* Three numbers are taken only as they stand: put together again they are the text, and none of them holds a space. */
#include <assert.h>
#include <string.h>

#include "bank/registration/registration_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    register_form form = { .name = { 0 } };
    if (registration_read_numbers(zy_str_bytes(data, size), &form, NULL) != ZY_OK)
        return 0;
    const zy_str parts[] = { form.id_no, form.card_no, form.phone };
    size_t at = 0;
    for (size_t i = 0; i < ZY_COUNT(parts); i++) {
        assert(parts[i].n > 0 && memchr(parts[i].p, ' ', parts[i].n) == NULL);
        assert(i == 0 || data[at++] == ' ');
        assert(at + parts[i].n <= size && memcmp(data + at, parts[i].p, parts[i].n) == 0);
        at += parts[i].n;
    }
    assert(at == size);
    return 0;
}
