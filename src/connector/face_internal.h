/* For src/connector and its tests. */
#pragma once

#include "base/json.h"
#include "connector/face.h"

/* What an answer to `checks` says, and what one to `references` says. ZY_BAD_REQUEST: another shape. */
zy_status face_check_read(const zy_json *answer, void *ret_verdict);
zy_status face_enrol_read(const zy_json *answer, void *ret_verdict);
