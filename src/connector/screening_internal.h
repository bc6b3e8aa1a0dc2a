/* What a screening system gives to screening.c; used by src/connector and its tests. */
#pragma once

#include "base/json.h"
#include "connector/screening.h"

typedef struct screening_system {
    zy_status (*open)(const zy_config *config, void **ret_state, zy_err *err);
    zy_status (*ask)(void *state, zy_str name, zy_str id_no, zy_time now, zy_screening_result *ret_result, zy_err *err);
    void (*free)(void *state); /* accepts NULL */
} screening_system;

extern const screening_system SCREENING_HTTP;
extern const screening_system SCREENING_LIST;

/* ZY_BAD_FIELD: no such grade. */
zy_status screening_grade_parse(zy_str text, zy_aml_grade *ret_grade);
/* What an answer says. ZY_BAD_REQUEST: another shape. */
zy_status screening_answer_read(const zy_json *answer, zy_screening_result *ret_result);

/* A list of people, in order of their numbers. */
typedef struct screening_row {
    char id_no[19];
    bool blacklisted;
    zy_aml_grade grade;
} screening_row;
typedef struct screening_list {
    screening_row *rows;
    size_t count;
} screening_list;
#define SCREENING_LIST_MAX_BYTES (16u << 20)
/* Lines of `blacklist|high|medium NUMBER [words]`; empty lines and those that begin with # say nothing. ZY_BAD_REQUEST with the
 * line's number for everything else, and for a person who stands there twice. */
zy_status screening_list_parse(zy_str text, screening_list *ret_list, zy_err *err);
void screening_list_free(screening_list *list);
/* Who does not stand there is graded low. */
void screening_list_find(const screening_list *list, zy_str id_no, zy_screening_result *ret_result);
