/* The format of a backup: pieces of 1 MiB, each SM4-GCM sealed with the backup key and bound to its place; the last one is
 * empty, so that a cut-off file is found. Used by the backup and restore commands. */
#pragma once

#include <stdio.h>

#include "app/app.h"

/* Seals all of `in` into `out`. *ret_bytes: of the plaintext. */
ZY_CHECKED zy_status zy_backup_seal(zy_keys *keys, FILE *in, FILE *out, uint64_t *ret_bytes, zy_err *err);
/* The inverse. ZY_SIGNATURE_BAD for a file that was altered, cut off or sealed under another key. */
ZY_CHECKED zy_status zy_backup_open(zy_keys *keys, FILE *in, FILE *out, uint64_t *ret_bytes, zy_err *err);
