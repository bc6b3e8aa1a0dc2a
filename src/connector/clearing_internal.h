/* What a clearing house gives to clearing.c; for src/connector, and for tests that put a house of their own in its place. */
#pragma once

#include "connector/clearing.h"

typedef struct clearing_kind {
    zy_status (*send)(void *state, const zy_clearing_transfer *transfer, zy_time now, zy_clearing_answer *ret, zy_err *err);
    zy_status (*query)(void *state, zy_str message_id, zy_time now, zy_clearing_answer *ret, zy_err *err);
    zy_status (*recall)(void *state, zy_str message_id, zy_str recall_id, const char *reason, zy_time now, zy_err *err);
    zy_status (*lookup_phone)(void *state, zy_str phone, zy_time now, zy_clearing_account *ret, zy_err *err);
    zy_status (*verify)(void *state, zy_str bank, zy_str number, zy_str name, zy_time now, bool *ret_match, zy_err *err);
    zy_status (*bind_phone)(void *state, zy_str phone, zy_str number, zy_str name, bool bind, zy_time now, zy_err *err);
    zy_status (*collect)(void *state, int64_t after, int max, zy_time now, zy_status (*each)(const zy_clearing_in *in, void *arg),
                         void *arg, zy_err *err);
    zy_status (*answer_credit)(void *state, zy_str message_id, bool accept, const char *reason, zy_time now, zy_err *err);
    zy_status (*day_file)(void *state, zy_day day, zy_time now, zy_status (*each)(const zy_clearing_line *line, void *arg), void *arg,
                          zy_err *err);
    void (*free)(void *state); /* accepts NULL */
} clearing_kind;

/* Takes state over; NULL when memory is out (state is freed then, too). */
zy_clearing *clearing_new(const clearing_kind *kind, void *state, zy_str own_bank);

extern const clearing_kind CLEARING_HTTP;
ZY_CHECKED zy_status clearing_http_open(const zy_config *config, zy_keys *keys, void **ret_state, zy_err *err);
