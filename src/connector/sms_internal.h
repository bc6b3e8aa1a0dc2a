/* What a carrier of text messages gives to sms.c; used by src/connector alone. */
#pragma once

#include "connector/sms.h"

/* The phone (digits, a leading + allowed) and the text were checked by zy_sms_send. */
typedef struct sms_carrier {
    zy_status (*open)(const zy_config *config, bool demo, void **ret_state, zy_err *err);
    zy_status (*send)(void *state, zy_str phone, zy_str text, zy_time now, zy_err *err);
    void (*free)(void *state); /* accepts NULL */
} sms_carrier;

extern const sms_carrier SMS_MAILBOX;
extern const sms_carrier SMS_HTTP;
