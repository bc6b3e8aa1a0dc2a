/* Screening: which system, and what its answers look like. */
#include "connector/screening_internal.h"

#include <stdlib.h>

#include "base/json.h"
#include "crypto/crypto.h"

const zy_config_row ZY_SCREENING_CONFIG[] = {
    { "screening.connector", ZY_C_CHOICE, "list", 0, 0, "list|http",
      "who knows blacklists and anti-money-laundering grades: a file, or a system over HTTPS" },
    { "screening.list", ZY_C_PATH, "screening-list.txt", 1, 4000, NULL,
      "list: the file (mode 0600); without it nobody can register" },
    { "screening.url", ZY_C_TEXT, "", 0, 500, NULL, "http: https URL of the system (http only to this machine)" },
    { "screening.key", ZY_C_SECRET_FILE, "screening-key", 0, 0, NULL, "http: file (mode 0600) with the shared key, 16 bytes or more" },
};
const size_t ZY_SCREENING_CONFIG_COUNT = ZY_COUNT(ZY_SCREENING_CONFIG);

static const char *const GRADES[] = { [ZY_AML_LOW] = "low", [ZY_AML_MEDIUM] = "medium", [ZY_AML_HIGH] = "high" };

const char *zy_aml_grade_name(zy_aml_grade grade)
{
    return GRADES[grade];
}

zy_status screening_grade_parse(zy_str text, zy_aml_grade *ret_grade)
{
    for (int grade = ZY_AML_LOW; grade <= ZY_AML_HIGH; grade++)
        if (zy_str_eq_c(text, GRADES[grade])) {
            *ret_grade = (zy_aml_grade)grade;
            return ZY_OK;
        }
    return ZY_BAD_FIELD;
}

struct zy_screening {
    const screening_system *system;
    void *state;
};

zy_status zy_screening_open(const zy_config *config, zy_screening **ret_screening, zy_err *err)
{
    bool http = zy_str_eq_c(zy_config_text(config, "screening.connector"), "http");
    zy_screening *s = calloc(1, sizeof *s);
    if (s == NULL)
        return zy_fail(err, ZY_NO_MEMORY, NULL, "no memory for the screening connector");
    s->system = http ? &SCREENING_HTTP : &SCREENING_LIST;
    zy_status status = s->system->open(config, &s->state, err);
    if (status != ZY_OK) {
        free(s);
        return status;
    }
    *ret_screening = s;
    return ZY_OK;
}

void zy_screening_free(zy_screening *s)
{
    if (s == NULL)
        return;
    s->system->free(s->state);
    free(s);
}

zy_status zy_screening_ask(zy_screening *s, zy_str name, zy_str id_no, zy_time now, zy_screening_result *ret_result, zy_err *err)
{
    return s->system->ask(s->state, name, id_no, now, ret_result, err);
}

/* --- the protocol --- */

zy_status zy_screening_sign(zy_str key, const char *label, zy_str body, char out[ZY_SCREENING_SIGNATURE_MAX])
{
    uint8_t mac[ZY_SM3_BYTES];
    ZY_TRY(zy_hmac_sm3(key.p, key.n, ZY_PARTS(ZY_PART_STR(zy_str_of(label)), ZY_PART_STR(body)), mac));
    zy_hex_encode(mac, sizeof mac, out);
    return ZY_OK;
}

zy_status zy_screening_verify(zy_str key, const char *label, zy_str body, zy_str signature)
{
    char want[ZY_SCREENING_SIGNATURE_MAX];
    ZY_TRY(zy_screening_sign(key, label, body, want));
    bool same = signature.n == sizeof want - 1 && zy_ct_equal(signature.p, want, sizeof want - 1);
    return same ? ZY_OK : ZY_SIGNATURE_BAD;
}

zy_status screening_answer_parse(zy_str body, zy_str id, zy_screening_result *ret_result)
{
    ZY_AUTO(zy_json_free) zy_json *answer = NULL;
    zy_screening_result r = { .blacklisted = true };
    zy_str echoed, grade, reference;
    int64_t version = 0;
    ZY_TRY(zy_json_parse(body, &answer));
    if (!zy_json_int(answer, "v", &version) || version != 1 || !zy_json_str(answer, "id", &echoed) || !zy_str_eq(echoed, id) ||
        !zy_json_bool(answer, "blacklisted", &r.blacklisted) || !zy_json_str(answer, "grade", &grade) ||
        screening_grade_parse(grade, &r.grade) != ZY_OK || !zy_json_str(answer, "reference", &reference) ||
        zy_str_copy(reference, r.reference, sizeof r.reference) != ZY_OK)
        return ZY_BAD_REQUEST;
    *ret_result = r;
    return ZY_OK;
}
