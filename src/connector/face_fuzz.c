/* Answers of a face provider: one that was taken has its numbers, a score in its bounds, and a reference where somebody was right. */
#include <assert.h>
#include <string.h>

#include "connector/face_internal.h"
#include "connector/signed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const zy_face_verdict *v)
{
    assert(v->score >= 0 && v->score <= ZY_FACE_SCORE_MAX);
    assert(v->number[0] != '\0' && strlen(v->number) < sizeof v->number && strlen(v->reference) < sizeof v->reference);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ZY_AUTO(zy_json_free) zy_json *answer = NULL;
    zy_face_verdict v;
    if (zy_signed_answer_parse(zy_str_bytes(data, size), ZY_STR("0123456789abcdef0123456789abcdef"), &answer) != ZY_OK)
        return 0;
    if (face_check_read(answer, &v) == ZY_OK)
        check(&v);
    if (face_enrol_read(answer, &v) == ZY_OK) {
        check(&v);
        assert(!v.match || !v.live || v.reference[0] != '\0');
    }
    return 0;
}
