/* What each kind of account can be used for, and the quotas of those that have any. */
#include <string.h>

#include "bank/account/eaccount.h"
#include "service/param/param.h"

/* DECISIONS "e-account quotas": the rules' figures are the upper bounds; a bank may allow less. */
static const zy_param_row PARAMS[] = {
    { "quota.class2_day_fen", 1000000, 1, 1000000, "fen", "II类户非绑定账户当日限额（转入、转出各自）",
      "a class II account and unbound accounts: a day, each way" },
    { "quota.class2_year_fen", 20000000, 1, 20000000, "fen", "II类户非绑定账户当年限额（转入、转出各自）",
      "a class II account and unbound accounts: a year, each way" },
    { "quota.class3_day_fen", 200000, 1, 200000, "fen", "III类户非绑定账户当日限额（转入、转出各自）",
      "a class III account and unbound accounts: a day, each way" },
    { "quota.class3_year_fen", 5000000, 1, 5000000, "fen", "III类户非绑定账户当年限额（转入、转出各自）",
      "a class III account and unbound accounts: a year, each way" },
    { "quota.class3_balance_fen", 200000, 1, 200000, "fen", "III类户余额上限", "the most that a class III account holds" },
    { "eaccount.class2_max", 5, 1, 5, "accounts", "同一客户II类户数量上限", "class II accounts of one customer" },
    { "eaccount.class3_max", 5, 1, 5, "accounts", "同一客户III类户数量上限", "class III accounts of one customer" },
};

#define FOR_CARDS     (ZY_USE_BACK | ZY_USE_REMOVE)
#define FOR_EACCOUNTS (ZY_USE_CLOSE | ZY_USE_PASSWORD | ZY_USE_QUOTA)
static const account_kind KINDS[] = {
    { .name = "debit", .title_zh = "借记卡账户", .uses = FOR_CARDS },
    { .name = "class2", .title_zh = "II类电子账户", .class = 2, .uses = FOR_EACCOUNTS, .max = "eaccount.class2_max",
      .limit = { "quota.class2_day_fen", "quota.class2_year_fen" } },
    { .name = "class3", .title_zh = "III类电子账户", .class = 3, .uses = FOR_EACCOUNTS, .max = "eaccount.class3_max",
      .limit = { "quota.class3_day_fen", "quota.class3_year_fen" }, .balance = "quota.class3_balance_fen" },
};

/* In the order of their bits. */
static const char *const USES[] = { "back", "remove", "close", "password", "quota" };

void account_kinds_start(void)
{
    zy_param_register(PARAMS, ZY_COUNT(PARAMS));
}

const account_kind *account_kind_find(zy_str name)
{
    for (size_t i = 0; i < ZY_COUNT(KINDS); i++)
        if (zy_str_eq_c(name, KINDS[i].name))
            return &KINDS[i];
    return NULL;
}

bool zy_account_may(const zy_account *account, unsigned use)
{
    const account_kind *kind = account_kind_find(zy_str_of(account->kind));
    return kind != NULL && (kind->uses & use) == use;
}

zy_status account_needs(const zy_account *account, unsigned use, zy_err *err)
{
    return zy_account_may(account, use) ? ZY_OK : zy_fail(err, ZY_ACCOUNT_KIND, "account_id", "not with a %s account", account->kind);
}

zy_json *account_uses_json(const zy_account *account)
{
    zy_json *names = zy_json_array();
    for (size_t i = 0; i < ZY_COUNT(USES); i++)
        if (zy_account_may(account, 1u << i))
            zy_json_push(names, zy_json_new_str(zy_str_of(USES[i])));
    return names;
}
