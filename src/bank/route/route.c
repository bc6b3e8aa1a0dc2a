#include "bank/route/route.h"

#include "bank/directory/directory.h"
#include "bank/route/fee.h"
#include "bank/route/workday.h"
#include "base/log.h"
#include "service/param/param.h"

/* 网上支付跨行清算 and 小额批量 take up to 1,000,000.00 yuan; a bank may keep below that. 大额 takes customers' payments in its day
 * session. */
#define CAP_MAX      100000000
#define SETTLE       ZY_MINUTES(1) /* what "at once" may take */
#define DAY_MINUTES  1440

static const zy_param_row PARAMS[] = {
    { "route.instant_on", 1, 0, 1, "", "实时汇路开关", "Instant way: 1 on, 0 off" },
    { "route.instant_cap_fen", 5000000, 1, CAP_MAX, "fen", "实时汇路单笔上限", "Most of one transfer by the instant way" },
    { "route.large_on", 1, 0, 1, "", "大额汇路开关", "Large-value way: 1 on, 0 off" },
    { "route.large_opens", 510, 0, DAY_MINUTES - 1, "min", "大额汇路开门时间（距零点分钟数）", "Large-value way opens, minutes of the day" },
    { "route.large_closes", 1035, 1, DAY_MINUTES, "min", "大额汇路关门时间（距零点分钟数）", "Large-value way closes, minutes of the day" },
    { "route.batch_on", 1, 0, 1, "", "普通汇路开关", "Batch way: 1 on, 0 off" },
    { "route.batch_cap_fen", CAP_MAX, 1, CAP_MAX, "fen", "普通汇路单笔上限", "Most of one transfer by the batch way" },
    { "route.batch_minutes", 120, 1, DAY_MINUTES, "min", "普通汇路预计到账时长", "How long the batch way takes" },
};

const zy_config_row ZY_ROUTE_CONFIG[] = {
    { "route.workdays", ZY_C_TEXT, "", 0, 2000, NULL,
      "holidays (2027-01-01:off) and worked weekend days (2027-02-20:on) that this release does not have yet, with commas between" },
};
const size_t ZY_ROUTE_CONFIG_COUNT = ZY_COUNT(ZY_ROUTE_CONFIG);

typedef struct way_row {
    const char *name, *title_zh;
    const char *on, *cap; /* parameters; NULL: always on, no cap */
    bool hours;           /* route.large_* */
    bool batch;           /* route.batch_minutes instead of at once */
    zy_clearing_way clearing;
} way_row;

static const way_row WAYS[] = {
    [ZY_ROUTE_INTERNAL] = { .name = "internal", .title_zh = "行内实时" },
    [ZY_ROUTE_INSTANT] = { .name = "instant", .title_zh = "跨行实时", .on = "route.instant_on", .cap = "route.instant_cap_fen",
                           .clearing = ZY_CLEARING_INSTANT },
    [ZY_ROUTE_LARGE] = { .name = "large", .title_zh = "大额支付", .on = "route.large_on", .hours = true, .clearing = ZY_CLEARING_LARGE },
    [ZY_ROUTE_BATCH] = { .name = "batch", .title_zh = "跨行普通", .on = "route.batch_on", .cap = "route.batch_cap_fen", .batch = true,
                         .clearing = ZY_CLEARING_BATCH },
};

const char *zy_route_way_name(zy_route_way way)
{
    return WAYS[way].name;
}

const char *zy_route_way_title_zh(zy_route_way way)
{
    return WAYS[way].title_zh;
}

zy_clearing_way zy_route_clearing_way(zy_route_way way)
{
    return WAYS[way].clearing;
}

/* ---- one offer ---- */

static zy_time at_minute(zy_day day, int64_t minute)
{
    return zy_time_add(zy_day_start(day), ZY_MINUTES(minute));
}

/* When the large-value way is open next; `at` itself when it is open. Hours that end before they begin are never open: ret_open. */
static zy_time large_opens(zy_env *env, zy_time at, bool *ret_open)
{
    int64_t opens = zy_param_get(env, "route.large_opens"), closes = zy_param_get(env, "route.large_closes");
    zy_day today = zy_day_of(at);
    *ret_open = false;
    if (opens >= closes)
        return (zy_time){ 0 };
    if (!zy_workday(today) || at.ms >= at_minute(today, closes).ms)
        return at_minute(zy_workday_next(today), opens);
    if (at.ms < at_minute(today, opens).ms)
        return at_minute(today, opens);
    *ret_open = true;
    return at;
}

static bool switched_off(zy_env *env, const way_row *way)
{
    return way->on != NULL && (env->clearing == NULL || zy_param_get(env, way->on) == 0);
}

static void judge(zy_env *env, const zy_route_ask *ask, const way_row *way, zy_route_offer *o)
{
    bool open = true;
    zy_time opens = way->hours ? large_opens(env, ask->at, &open) : ask->at;
    if (switched_off(env, way)) {
        o->why = ZY_API_CLOSED;
    } else if (o->cap.fen > 0 && ask->amount.fen > o->cap.fen) {
        o->why = ZY_TRANSFER_LIMIT;
    } else if (!open) {
        o->why = ZY_ROUTE_CLOSED;
        o->opens_at = opens;
    } else {
        o->arrives_at = way->clearing == 0 ? ask->at
                                           : zy_time_add(ask->at, way->batch ? ZY_MINUTES(zy_param_get(env, "route.batch_minutes")) : SETTLE);
    }
}

static void offer_of(zy_env *env, const zy_route_ask *ask, zy_route_way way, bool has_free, zy_route_offer *o)
{
    zy_money fee = fee_of(env, way, ask->amount);
    bool free_use = has_free && fee.fen > 0;
    *o = (zy_route_offer){ .way = way, .list_fee = fee, .fee = free_use ? (zy_money){ 0 } : fee, .free_use = free_use,
                           .cap = { WAYS[way].cap != NULL ? zy_param_get(env, WAYS[way].cap) : 0 } };
    judge(env, ask, &WAYS[way], o);
}

zy_status zy_route_offers(zy_rtx *rtx, zy_env *env, const zy_route_ask *ask, zy_route_offer offers[ZY_ROUTE_WAYS], int *ret_n, zy_err *err)
{
    int64_t free_left = 0;
    bool own = zy_bank_is_own(env, ask->to_bank);
    if (!own && zy_bank_by_code(ask->to_bank) == NULL)
        return zy_fail(err, ZY_NOT_FOUND, "to_bank", "no such bank");
    if (!own)
        ZY_TRY(fee_free_left(rtx, env, ask->customer, ask->at, &free_left, err));
    int n = 0;
    for (zy_route_way way = own ? ZY_ROUTE_INTERNAL : ZY_ROUTE_INSTANT; way <= (own ? ZY_ROUTE_INTERNAL : ZY_ROUTE_BATCH); way++)
        offer_of(env, ask, way, free_left > 0, &offers[n++]);
    *ret_n = n;
    return ZY_OK;
}

/* ---- the choice ---- */

static bool can_go(const zy_route_ask *ask, const zy_route_offer *o)
{
    return o->why == ZY_OK && (ask->by.ms == 0 || o->arrives_at.ms <= ask->by.ms);
}

static bool better(const zy_route_offer *a, const zy_route_offer *b)
{
    if (a->fee.fen != b->fee.fen)
        return a->fee.fen < b->fee.fen;
    return a->arrives_at.ms < b->arrives_at.ms;
}

static const zy_route_offer *best_of(const zy_route_ask *ask, const zy_route_offer *offers, int n)
{
    const zy_route_offer *best = NULL;
    for (int i = 0; i < n; i++)
        if (can_go(ask, &offers[i]) && (best == NULL || better(&offers[i], best)))
            best = &offers[i];
    return best;
}

static zy_status refusal(const zy_route_offer *offers, int n, zy_err *err)
{
    static const zy_status SAYS_MOST[] = { ZY_ROUTE_CLOSED, ZY_TRANSFER_LIMIT, ZY_API_CLOSED };
    for (size_t s = 0; s < ZY_COUNT(SAYS_MOST); s++)
        for (int i = 0; i < n; i++)
            if (offers[i].why == SAYS_MOST[s])
                return zy_fail(err, SAYS_MOST[s], "way", "no way can take it now");
    return zy_fail(err, ZY_ROUTE_CLOSED, "way", "no way is there in time");
}

static zy_status wished(const zy_route_ask *ask, zy_str wish, const zy_route_offer *offers, int n, zy_route_offer *ret_offer, zy_err *err)
{
    for (int i = 0; i < n; i++) {
        if (!zy_str_eq_c(wish, WAYS[offers[i].way].name))
            continue;
        if (offers[i].why != ZY_OK)
            return zy_fail(err, offers[i].why, "way", "the way that was wished cannot take it");
        if (!can_go(ask, &offers[i]))
            return zy_fail(err, ZY_ROUTE_CLOSED, "way", "the way that was wished is not there in time");
        *ret_offer = offers[i];
        return ZY_OK;
    }
    return zy_fail(err, ZY_BAD_FIELD, "way", "no such way to that bank");
}

zy_status zy_route_choose(zy_rtx *rtx, zy_env *env, const zy_route_ask *ask, zy_str wish, zy_route_offer *ret_offer, zy_err *err)
{
    zy_route_offer offers[ZY_ROUTE_WAYS];
    int n = 0;
    ZY_TRY(zy_route_offers(rtx, env, ask, offers, &n, err));
    if (wish.n > 0)
        return wished(ask, wish, offers, n, ret_offer, err);
    const zy_route_offer *best = best_of(ask, offers, n);
    if (best == NULL)
        return refusal(offers, n, err);
    *ret_offer = *best;
    return ZY_OK;
}

zy_status zy_route_start(zy_env *env, zy_err *err)
{
    zy_param_register(PARAMS, ZY_COUNT(PARAMS));
    fee_start();
    if (env->config != NULL) /* NULL: no bank is open, the tables of the program alone are asked for */
        ZY_TRY(zy_workday_configure(zy_config_text(env->config, "route.workdays"), err));
    zy_day today = zy_day_of(zy_env_now(env));
    char text[ZY_DAY_TEXT_MAX];
    zy_day_format(today, text);
    if (!zy_workday_known(today)) /* neither this release nor the configuration has this year */
        zy_log_warn("route.workdays_unknown", ZY_L_C("day", text));
    return ZY_OK;
}
