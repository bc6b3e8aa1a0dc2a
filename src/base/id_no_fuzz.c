/* What is taken as an identity number is its own text again, and no other check character would have been taken. */
#include <assert.h>
#include <string.h>

#include "base/id_no.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    zy_id_no id, again;
    if (zy_id_no_parse(zy_str_bytes(data, size), &id) != ZY_OK)
        return 0;
    assert(size == 18 && strlen(id.text) == 18 && memcmp(id.text, data, 17) == 0);
    assert(zy_id_no_parse(zy_str_of(id.text), &again) == ZY_OK && again.year == id.year && again.region == id.region);
    for (const char *c = "0123456789X"; *c != '\0'; c++) {
        char other[19];
        memcpy(other, id.text, sizeof other);
        other[17] = *c;
        assert((zy_id_no_parse(zy_str_of(other), &again) == ZY_OK) == (*c == id.text[17]));
    }
    return 0;
}
