/* 智能路由: by which way a transfer goes, by its payee's bank, amount and time; what it costs; when it is expected there.
 * mb.innovation-content.f, mb.server-validation.f: all of it is computed here from the bank's parameters. */
#pragma once

#include "api/api.h"

typedef enum {
    ZY_ROUTE_INTERNAL = 1, /* inside this bank: at once */
    ZY_ROUTE_INSTANT,      /* 网上支付跨行清算: at once, all day, up to a cap */
    ZY_ROUTE_LARGE,        /* 大额: at once, in its hours on working days */
    ZY_ROUTE_BATCH,        /* 小额批量: with its next batch, all day, up to a cap */
} zy_route_way;
#define ZY_ROUTE_WAYS 4
const char *zy_route_way_name(zy_route_way way);    /* "internal", "instant", "large", "batch", as the wire says it */
const char *zy_route_way_title_zh(zy_route_way way);
/* For src/connector; not for ZY_ROUTE_INTERNAL. */
zy_clearing_way zy_route_clearing_way(zy_route_way way);

typedef struct zy_route_ask {
    zy_id customer; /* whose free transfers of the month count; 0: nobody's */
    zy_str to_bank; /* 12-digit clearing code; empty: this bank */
    zy_money amount;
    zy_time at;     /* when it would go */
    zy_time by;     /* when it must be there; 0: any time */
} zy_route_ask;

typedef struct zy_route_offer {
    zy_route_way way;
    zy_money fee;       /* what the customer pays */
    zy_money list_fee;  /* what the schedule says */
    bool free_use;      /* fee is 0 because it is one of the month's free ones: count it when it is carried out */
    zy_money cap;       /* the most of one transfer; 0: no cap of its own */
    zy_time arrives_at; /* when it is expected there; 0 when it cannot go */
    zy_time opens_at;   /* why == ZY_ROUTE_CLOSED: when this way is open again; else 0 */
    zy_status why;      /* ZY_OK: it can go. ZY_TRANSFER_LIMIT: above the cap; ZY_ROUTE_CLOSED: not in its hours; ZY_API_CLOSED: the bank
                         * has switched it off or clears with nobody */
} zy_route_offer;

/* The ways to that bank, in the order of the enum: internal alone for this bank, the three others for another one. ZY_NOT_FOUND
 * (to_bank): no such bank. */
ZY_CHECKED zy_status zy_route_offers(zy_rtx *rtx, zy_env *env, const zy_route_ask *ask, zy_route_offer offers[ZY_ROUTE_WAYS], int *ret_n,
                                     zy_err *err);
/* The way that a transfer goes. wish: a way's name: that one or its refusal; empty: of those that can go and are there in time the
 * cheapest, of equally cheap ones the quickest, then the first of the enum. Refusals: the offer's `why` (of the way that was wished, or
 * when none can go the one that says most: closed now before too much before switched off); ZY_BAD_FIELD (way): no such way to that
 * bank; ZY_ROUTE_CLOSED: none is there in time. */
ZY_CHECKED zy_status zy_route_choose(zy_rtx *rtx, zy_env *env, const zy_route_ask *ask, zy_str wish, zy_route_offer *ret_offer, zy_err *err);

/* In the unit that carries a transfer out whose offer had free_use. */
ZY_CHECKED zy_status zy_route_count_free(zy_tx *tx, zy_id customer, zy_time at, zy_err *err);

extern const zy_api ZY_ROUTE_APIS[];
extern const size_t ZY_ROUTE_API_COUNT;
extern const zy_config_row ZY_ROUTE_CONFIG[]; /* route.workdays */
extern const size_t ZY_ROUTE_CONFIG_COUNT;
/* Registers the parameters route.* and fee.*, and reads the configured working days. ZY_CONFIG_BAD. */
ZY_CHECKED zy_status zy_route_start(zy_env *env, zy_err *err);
