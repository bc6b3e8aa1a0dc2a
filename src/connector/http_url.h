/* Where a connector may send what nobody else may read; used by src/connector alone. */
#pragma once

#include "base/str.h"

/* https, or http to this very machine; no user, query or fragment. */
bool connector_url_is_safe(zy_str url);
