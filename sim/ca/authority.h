/* A certificate authority as a bank's connector `http` meets it (src/connector/README.md). For demos and tests: its key stands in a
 * file. */
#pragma once

#include "base/clock.h"
#include "crypto/x509.h"
#include "net/net.h"

typedef struct authority authority;
/* folder: keeps key.der (32 bytes, mode 0600), ca-roots.der (for the bank's `ca.roots`) and revoked; what is missing is made. */
ZY_CHECKED zy_status authority_open(const char *folder, zy_str token, const zy_clock *clock, authority **ret_authority, zy_err *err);
void authority_close(authority *a);
#define AUTHORITY_ROUTES 3
void authority_routes(authority *a, zy_route out[AUTHORITY_ROUTES]);
