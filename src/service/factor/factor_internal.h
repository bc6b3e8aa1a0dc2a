/* What the files of this room share. */
#pragma once

#include "service/factor/factor.h"

/* Kinds that a mask mixes: bits of zy_factor_kind. */
unsigned zy_factor_kinds(unsigned mask);
bool zy_factor_is_on(zy_env *env, const zy_factor *factor);
