/* Screening: which system, and what its answers look like. */
#include "connector/screening_internal.h"

#include <stdlib.h>


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

zy_status screening_answer_read(const zy_json *answer, zy_screening_result *ret_result)
{
    zy_screening_result r = { .blacklisted = true };
    zy_str grade, reference;
    if (!zy_json_bool(answer, "blacklisted", &r.blacklisted) || !zy_json_str(answer, "grade", &grade) ||
        screening_grade_parse(grade, &r.grade) != ZY_OK || !zy_json_str(answer, "reference", &reference) ||
        zy_str_copy(reference, r.reference, sizeof r.reference) != ZY_OK)
        return ZY_BAD_REQUEST;
    *ret_result = r;
    return ZY_OK;
}
