/* Text messages: which carrier, and what may be sent at all. */
#include <stdlib.h>

#include "connector/sms_internal.h"

#define PHONE_MIN      5
#define PHONE_MAX      20
#define TEXT_MAX_BYTES 2000

const zy_config_row ZY_SMS_CONFIG[] = {
    { "sms.connector", ZY_C_CHOICE, "http", 0, 0, "mailbox|http", "mailbox: a file, for demo and test banks; http: a gateway" },
    { "sms.mailbox", ZY_C_PATH, "mailbox.jsonl", 1, 4000, NULL, "mailbox: the file" },
    { "sms.url", ZY_C_TEXT, "", 0, 500, NULL,
      "http: https URL of the gateway's sendsms interface (http only to this machine); empty: nothing can be sent" },
    { "sms.username", ZY_C_TEXT, "", 0, 100, NULL, "http: user of the gateway" },
    { "sms.password", ZY_C_SECRET_FILE, "sms-password", 0, 0, NULL, "http: file (mode 0600) with that user's password" },
    { "sms.from", ZY_C_TEXT, "", 0, 20, NULL, "http: number that the texts come from; empty: the gateway's own" },
};
const size_t ZY_SMS_CONFIG_COUNT = ZY_COUNT(ZY_SMS_CONFIG);

struct zy_sms {
    const sms_carrier *carrier;
    void *state;
};

zy_status zy_sms_open(const zy_config *config, bool demo, zy_sms **ret_sms, zy_err *err)
{
    static const struct {
        const char *name;
        const sms_carrier *carrier;
    } CARRIERS[] = { { "mailbox", &SMS_MAILBOX }, { "http", &SMS_HTTP } };
    zy_str name = zy_config_text(config, "sms.connector");
    const sms_carrier *carrier = NULL;
    for (size_t i = 0; i < ZY_COUNT(CARRIERS); i++)
        if (zy_str_eq_c(name, CARRIERS[i].name))
            carrier = CARRIERS[i].carrier;
    if (carrier == NULL)
        return zy_fail(err, ZY_CONFIG_BAD, "sms.connector", "no such connector");
    void *state = NULL;
    ZY_TRY(carrier->open(config, demo, &state, err));
    zy_sms *sms = malloc(sizeof *sms);
    if (sms == NULL) {
        carrier->free(state);
        return zy_fail(err, ZY_NO_MEMORY, NULL, "no memory for the sms connector");
    }
    *sms = (zy_sms){ carrier, state };
    *ret_sms = sms;
    return ZY_OK;
}

void zy_sms_free(zy_sms *sms)
{
    if (sms == NULL)
        return;
    sms->carrier->free(sms->state);
    free(sms);
}

static bool is_phone(zy_str phone)
{
    if (phone.n < PHONE_MIN || phone.n > PHONE_MAX)
        return false;
    for (size_t i = phone.p[0] == '+' ? 1 : 0; i < phone.n; i++)
        if (phone.p[i] < '0' || phone.p[i] > '9')
            return false;
    return true;
}

zy_status zy_sms_send(zy_sms *sms, zy_str phone, zy_str text, zy_time now, zy_err *err)
{
    if (!is_phone(phone))
        return zy_fail(err, ZY_BAD_FIELD, "phone", "not a phone number");
    if (text.n == 0 || text.n > TEXT_MAX_BYTES || !zy_str_is_utf8(text))
        return zy_fail(err, ZY_BAD_FIELD, "text", "empty, longer than %d bytes, or no UTF-8", TEXT_MAX_BYTES);
    return sms->carrier->send(sms->state, phone, text, now, err);
}
