/* Is it still the program that was installed? home/program.manifest names the program and the libraries that do cryptography for it,
 * each with its SM3, under a seal of the bank's keys; it is made by `init` and `program record`, and looked at by every start. A bank of
 * kind production does not serve without it. Clause mb.crypto-module.c-1. */
#pragma once

#include "app/app.h"

/* Records what runs now, with an audit record. ZY_IO_ERROR. */
ZY_CHECKED zy_status zy_program_record(zy_app *app, zy_err *err);
/* ZY_SIGNATURE_BAD: a file differs from what was recorded, or the manifest is not this bank's; err says which. ZY_NOT_FOUND: nothing
 * was recorded (a demo, test or bench bank: ZY_OK). */
ZY_CHECKED zy_status zy_program_check(zy_app *app, zy_err *err);
