/* Shared by x509.c and x509_make.c. */
#pragma once

#include <openssl/x509.h>

#include "crypto/internal.h"
#include "crypto/x509.h"

/* One DER value of at most `max` bytes with nothing behind it; NULL otherwise. */
X509 *zy_x509_parse(zy_str der);
