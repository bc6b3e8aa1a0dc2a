/* Is somebody on a blacklist, and how does the bank's anti-money-laundering system grade him? Which system answers is chosen
 * by configuration (`screening.connector`). */
#pragma once

#include "base/clock.h"
#include "base/config.h"

typedef enum { ZY_AML_LOW = 1, ZY_AML_MEDIUM, ZY_AML_HIGH } zy_aml_grade;
const char *zy_aml_grade_name(zy_aml_grade grade); /* "low" */

#define ZY_SCREENING_REFERENCE_MAX 65
typedef struct zy_screening_result {
    bool blacklisted;
    zy_aml_grade grade;
    char reference[ZY_SCREENING_REFERENCE_MAX]; /* the system's own number of the inquiry; "" when it has none */
} zy_screening_result;

typedef struct zy_screening zy_screening;
/* `list`: a file of people. `http`: a system that speaks the protocol of README.md. */
ZY_CHECKED zy_status zy_screening_open(const zy_config *config, zy_screening **ret_screening, zy_err *err);
void zy_screening_free(zy_screening *screening);
/* Asks about one person. May block for the connector's timeout: never inside a unit of work. No answer, or one that is not
 * proven to be the system's answer to this very question: ZY_CONNECTOR_FAILED; too many wait for one: ZY_BUSY. */
ZY_CHECKED zy_status zy_screening_ask(zy_screening *screening, zy_str name, zy_str id_no, zy_time now,
                                      zy_screening_result *ret_result, zy_err *err);
/* screening.* rows for the configuration. */
extern const zy_config_row ZY_SCREENING_CONFIG[];
extern const size_t ZY_SCREENING_CONFIG_COUNT;

/* --- The protocol, for its two ends (src/connector/screening_http.c, sim/screening) --- */
/* Labels of the signatures (connector/signed.h). */
#define ZY_SCREENING_ASKS    "ZY screening request\n"
#define ZY_SCREENING_ANSWERS "ZY screening answer\n"
