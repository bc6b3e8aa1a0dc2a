#include "bank/route/fee.h"

#include "service/param/param.h"

/* The most that a bank may take by the government's guide prices for transfers of persons (商业银行服务价格管理办法 and its list):
 * 2, 5, 10 and 15 yuan by step, 0.03 % and at most 50 yuan above. */
static const zy_param_row PARAMS[] = {
    { "fee.free_up_to_fen", 500000, 0, 100000000, "fen", "跨行转账免费额度", "Transfers to other banks up to this are free" },
    { "fee.step_2000_fen", 200, 0, 200, "fen", "跨行转账手续费：2,000元及以下", "Fee up to 2,000 yuan" },
    { "fee.step_5000_fen", 500, 0, 500, "fen", "跨行转账手续费：5,000元及以下", "Fee up to 5,000 yuan" },
    { "fee.step_10000_fen", 500, 0, 1000, "fen", "跨行转账手续费：10,000元及以下", "Fee up to 10,000 yuan" },
    { "fee.step_50000_fen", 750, 0, 1500, "fen", "跨行转账手续费：50,000元及以下", "Fee up to 50,000 yuan" },
    { "fee.above_ppm", 150, 0, 300, "ppm", "跨行转账手续费率：50,000元以上", "Fee above 50,000 yuan, of a million" },
    { "fee.above_max_fen", 2500, 0, 5000, "fen", "跨行转账手续费：50,000元以上的上限", "Most of the fee above 50,000 yuan" },
    { "fee.instant_percent", 100, 0, 100, "%", "实时汇路手续费比例", "Share of the fee by the instant way" },
    { "fee.large_percent", 100, 0, 100, "%", "大额汇路手续费比例", "Share of the fee by the large-value way" },
    { "fee.batch_percent", 100, 0, 100, "%", "普通汇路手续费比例", "Share of the fee by the batch way" },
    { "fee.free_per_month", 0, 0, 1000, "", "每月免费跨行转账笔数", "Free transfers to other banks of a month" },
};

static const struct {
    int64_t up_to_fen;
    const char *param;
} STEPS[] = {
    { 200000, "fee.step_2000_fen" },
    { 500000, "fee.step_5000_fen" },
    { 1000000, "fee.step_10000_fen" },
    { 5000000, "fee.step_50000_fen" },
};
static const char *const SHARES[] = { [ZY_ROUTE_INSTANT] = "fee.instant_percent", [ZY_ROUTE_LARGE] = "fee.large_percent",
                                      [ZY_ROUTE_BATCH] = "fee.batch_percent" };

void fee_start(void)
{
    zy_param_register(PARAMS, ZY_COUNT(PARAMS));
}

static zy_money above(zy_env *env, zy_money amount)
{
    zy_money fee, most = { zy_param_get(env, "fee.above_max_fen") };
    if (zy_money_scale_half_even(amount, zy_param_get(env, "fee.above_ppm"), 1000000, &fee) != ZY_OK || fee.fen > most.fen)
        return most;
    return fee;
}

static zy_money of_schedule(zy_env *env, zy_money amount)
{
    for (size_t i = 0; i < ZY_COUNT(STEPS); i++)
        if (amount.fen <= STEPS[i].up_to_fen)
            return (zy_money){ zy_param_get(env, STEPS[i].param) };
    return above(env, amount);
}

zy_money fee_of(zy_env *env, zy_route_way way, zy_money amount)
{
    if (way == ZY_ROUTE_INTERNAL || amount.fen <= zy_param_get(env, "fee.free_up_to_fen"))
        return (zy_money){ 0 };
    zy_money whole = of_schedule(env, amount), share;
    return zy_money_scale_half_even(whole, zy_param_get(env, SHARES[way]), 100, &share) == ZY_OK ? share : whole;
}

static zy_day month_of(zy_time at)
{
    zy_day day = zy_day_of(at);
    return (zy_day){ day.days - zy_day_of_month(day) + 1 };
}

zy_status fee_free_left(zy_rtx *rtx, zy_env *env, zy_id customer, zy_time at, int64_t *ret_left, zy_err *err)
{
    int64_t used = 0, granted = zy_param_get(env, "fee.free_per_month");
    if (granted > 0 && customer.v != 0)
        ZY_TRY(free_use_read(rtx, customer, month_of(at), &used, err));
    *ret_left = customer.v != 0 && granted > used ? granted - used : 0;
    return ZY_OK;
}

zy_status zy_route_count_free(zy_tx *tx, zy_id customer, zy_time at, zy_err *err)
{
    return free_use_add(tx, customer, month_of(at), err);
}
