/* Lists and answers of a screening system: whoever stands on a list that was taken is found there, and an answer that was taken is
 * one to that very question. The input is tried as both. */
#include <assert.h>
#include <string.h>

#include "connector/screening_internal.h"
#include "connector/signed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    zy_str text = zy_str_bytes(data, size);
    zy_screening_result r;
    screening_list list;
    if (screening_list_parse(text, &list, NULL) == ZY_OK) {
        for (size_t i = 0; i < list.count; i++) {
            screening_list_find(&list, zy_str_of(list.rows[i].id_no), &r);
            assert(r.blacklisted == list.rows[i].blacklisted && r.grade == list.rows[i].grade && r.grade > ZY_AML_LOW);
        }
        screening_list_free(&list);
    }
    ZY_AUTO(zy_json_free) zy_json *answer = NULL;
    if (zy_signed_answer_parse(text, ZY_STR("0123456789abcdef0123456789abcdef"), &answer) == ZY_OK &&
        screening_answer_read(answer, &r) == ZY_OK)
        assert(r.grade >= ZY_AML_LOW && r.grade <= ZY_AML_HIGH && strlen(r.reference) < sizeof r.reference);
    return 0;
}
