/* Text messages, behind one small interface; which carrier is chosen by configuration (`sms.connector`). */
#pragma once

#include "base/clock.h"
#include "base/config.h"
#include "base/str.h"

typedef struct zy_sms zy_sms;

/* `mailbox`: appends to a file (0600) of JSON lines {at, phone, text}, for demos and tests; refused in a
 * bank that was not made with --demo. `http`: a gateway with Kannel's sendsms interface (GET
 * /cgi-bin/sendsms?username&password&to&text&charset=utf-8&coding=2), libcurl, TLS verified, timeouts. */
ZY_CHECKED zy_status zy_sms_open(const zy_config *config, bool demo, zy_sms **ret_sms, zy_err *err);
void zy_sms_free(zy_sms *sms);
/* Delivers one text. May block for the connector's timeout: never called inside a unit of work.
 * ZY_CONNECTOR_FAILED (try again), ZY_BAD_FIELD (never will). */
ZY_CHECKED zy_status zy_sms_send(zy_sms *sms, zy_str phone, zy_str text, zy_time now, zy_err *err);
/* The newest text to a phone in a mailbox file; ZY_NOT_FOUND. */
ZY_CHECKED zy_status zy_mailbox_newest(const char *path, zy_str phone, zy_time *ret_at, zy_buf *ret_text);
/* The six-digit code in the newest text to a phone, when that is younger than *after, which then becomes its time: what
 * test clients and the demo's command line poll. ZY_NOT_FOUND. */
ZY_CHECKED zy_status zy_mailbox_code(const char *path, zy_str phone, zy_time *after, char ret_code[7]);
/* sms.* rows for the configuration. */
extern const zy_config_row ZY_SMS_CONFIG[];
extern const size_t ZY_SMS_CONFIG_COUNT;
