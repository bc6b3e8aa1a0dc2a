#include "connector/clearing.h"

#include <stdlib.h>

#include "connector/clearing_internal.h"

const zy_config_row ZY_CLEARING_CONFIG[] = {
    { "clearing.connector", ZY_C_CHOICE, "none", 0, 0, "none|http", "who clears between banks: nobody, or a house over HTTPS" },
    { "clearing.url", ZY_C_TEXT, "", 0, 500, NULL, "http: https URL of the house (http only to this machine)" },
    { "clearing.ca_file", ZY_C_TEXT, "", 0, 500, NULL, "http: PEM file of the CA of the house's TLS certificate; empty: the system's" },
    { "clearing.member", ZY_C_TEXT, "", 0, 14, NULL, "http: the bank's own code in the house, 12 or 14 digits" },
    { "clearing.house", ZY_C_TEXT, "", 0, 14, NULL, "http: the house's own code, 12 or 14 digits" },
    { "clearing.house_sign_key", ZY_C_TEXT, "", 0, 130, NULL, "http: the house's SM2 key that signs, 130 hex digits (04 x y)" },
    { "clearing.house_box_key", ZY_C_TEXT, "", 0, 130, NULL, "http: the house's SM2 key that fields are encrypted to, 130 hex digits" },
    { "clearing.letters", ZY_C_PATH, "clearing-letters", 0, 500, NULL,
      "http: folder (mode 0700) where signed letters are kept as evidence" },
    { "clearing.timeout_ms", ZY_C_INT, "8000", 200, 60000, "ms", "http: how long an answer is waited for" },
    { "clearing.at_once", ZY_C_INT, "16", 1, 256, NULL, "http: how many questions may wait for the house at once" },
};
const size_t ZY_CLEARING_CONFIG_COUNT = ZY_COUNT(ZY_CLEARING_CONFIG);

#define COLLECT_MAX 1000

struct zy_clearing {
    const clearing_kind *kind;
    void *state;
    char own_bank[ZY_CLEARING_BANK_MAX];
};

zy_clearing *clearing_new(const clearing_kind *kind, void *state, zy_str own_bank)
{
    zy_clearing *c = calloc(1, sizeof *c);
    if (c == NULL || zy_str_copy(own_bank, c->own_bank, sizeof c->own_bank) != ZY_OK) {
        kind->free(state);
        free(c);
        return NULL;
    }
    c->kind = kind;
    c->state = state;
    return c;
}

zy_status zy_clearing_open(const zy_config *config, zy_keys *keys, zy_clearing **ret_clearing, zy_err *err)
{
    void *state = NULL;
    *ret_clearing = NULL;
    if (zy_str_eq_c(zy_config_text(config, "clearing.connector"), "none"))
        return ZY_OK;
    ZY_TRY(clearing_http_open(config, keys, &state, err));
    *ret_clearing = clearing_new(&CLEARING_HTTP, state, zy_config_text(config, "clearing.member"));
    return *ret_clearing != NULL ? ZY_OK : ZY_NO_MEMORY;
}

void zy_clearing_free(zy_clearing *c)
{
    if (c == NULL)
        return;
    c->kind->free(c->state);
    free(c);
}

zy_str zy_clearing_own_bank(const zy_clearing *c)
{
    return c != NULL ? zy_str_of(c->own_bank) : (zy_str){ 0 };
}

static zy_status there_is_one(const zy_clearing *c, zy_err *err)
{
    return c != NULL ? ZY_OK : zy_fail(err, ZY_CONNECTOR_FAILED, NULL, "no house clears for this bank (clearing.connector)");
}

zy_status zy_clearing_send(zy_clearing *c, const zy_clearing_transfer *transfer, zy_time now, zy_clearing_answer *ret, zy_err *err)
{
    ZY_TRY(there_is_one(c, err));
    if (transfer->amount.fen <= 0 || transfer->amount.fen > ZY_CLEARING_AMOUNT_MAX)
        return zy_fail(err, ZY_BAD_FIELD, "amount", "no amount that a message can carry");
    return c->kind->send(c->state, transfer, now, ret, err);
}

zy_status zy_clearing_query(zy_clearing *c, zy_str message_id, zy_time now, zy_clearing_answer *ret, zy_err *err)
{
    ZY_TRY(there_is_one(c, err));
    return c->kind->query(c->state, message_id, now, ret, err);
}

zy_status zy_clearing_recall(zy_clearing *c, zy_str message_id, zy_str recall_id, const char *reason, zy_time now, zy_err *err)
{
    ZY_TRY(there_is_one(c, err));
    return c->kind->recall(c->state, message_id, recall_id, reason, now, err);
}

zy_status zy_clearing_lookup_phone(zy_clearing *c, zy_str phone, zy_time now, zy_clearing_account *ret, zy_err *err)
{
    ZY_TRY(there_is_one(c, err));
    return c->kind->lookup_phone(c->state, phone, now, ret, err);
}

zy_status zy_clearing_verify(zy_clearing *c, zy_str bank, zy_str number, zy_str name, zy_time now, bool *ret_match, zy_err *err)
{
    ZY_TRY(there_is_one(c, err));
    return c->kind->verify(c->state, bank, number, name, now, ret_match, err);
}

zy_status zy_clearing_bind_phone(zy_clearing *c, zy_str phone, zy_str number, zy_str name, bool bind, zy_time now, zy_err *err)
{
    ZY_TRY(there_is_one(c, err));
    return c->kind->bind_phone(c->state, phone, number, name, bind, now, err);
}

zy_status zy_clearing_collect(zy_clearing *c, int64_t after, int max, zy_time now,
                              zy_status (*each)(const zy_clearing_in *in, void *arg), void *arg, zy_err *err)
{
    ZY_TRY(there_is_one(c, err));
    if (after < 0 || max < 0 || max > COLLECT_MAX)
        return zy_fail(err, ZY_BAD_FIELD, "max", "0 to %d messages behind a number of 0 or more", COLLECT_MAX);
    return c->kind->collect(c->state, after, max, now, each, arg, err);
}

zy_status zy_clearing_answer_credit(zy_clearing *c, zy_str message_id, bool accept, const char *reason, zy_time now, zy_err *err)
{
    ZY_TRY(there_is_one(c, err));
    return c->kind->answer_credit(c->state, message_id, accept, reason, now, err);
}

zy_status zy_clearing_day_file(zy_clearing *c, zy_day day, zy_time now, zy_status (*each)(const zy_clearing_line *line, void *arg),
                               void *arg, zy_err *err)
{
    ZY_TRY(there_is_one(c, err));
    return c->kind->day_file(c->state, day, now, each, arg, err);
}
