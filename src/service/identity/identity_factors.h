/* Registers the factors of this room: transaction password and code by SMS. Used by src/service/identity alone. */
#pragma once

#include "base/status.h"

ZY_CHECKED zy_status zy_identity_factors_start(zy_err *err);
