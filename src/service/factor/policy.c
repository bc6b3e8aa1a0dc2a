/* Which combinations of factors a scene asks for. The table is the release's; staff change a scene's options by maker and
 * checker, inside what the clauses allow. */
#include <string.h>

#include "service/approval/approval.h"
#include "service/factor/factor_internal.h"
#include "service/factor/policy_repo.h"
#include "service/param/param.h"

typedef struct policy_rule {
    const char *scene, *title_zh, *title_en;
    bool money;          /* one factor of each option may stand for an amount */
    int kinds;           /* at least so many of knowledge, possession, inherence */
    const char *options; /* weakest first; those with a factor that is not there are passed over */
} policy_rule;

/* DECISIONS: transaction factor by amount; high-risk scenes: at least two factors of different kinds. */
static const policy_rule RULES[] = {
    { "transfer", "转账", "Transfer", true, 2,
      "pay_password+sms|pay_password+device_key|pay_password+passkey|pay_password+token|pay_password+soft_key|pay_password+phone_shield|"
      "pay_password+bluetooth_key" },
    { "device.bind", "绑定设备", "Binding a device", false, 2, "pay_password+sms|pay_password+token|sms+face" },
    { "cert.issue", "申请证书", "Certificate", false, 2, "pay_password+sms|pay_password+token|sms+face" },
    { "phone.change", "变更手机号", "Change of phone", false, 2, "pay_password+sms|pay_password+token|sms+face" },
    { "limit.raise", "提高限额", "Raising a limit", false, 2, "pay_password+sms|pay_password+token|pay_password+soft_key" },
    { "loss.lift", "解除挂失", "Lifting a loss report", false, 2, "pay_password+sms|pay_password+token|sms+face" },
    { "password.change", "修改密码", "Change of a password", false, 2, "login_password+sms|pay_password+sms|pay_password+token" },
    { "face.agree", "同意人脸识别", "Consent to face recognition", false, 2, "pay_password+sms|pay_password+token" },
    { "gesture.set", "设置手势", "Setting a gesture", false, 1, "pay_password|token" },
    { "passkey.set", "创建通行密钥", "Creating a passkey", false, 2, "pay_password+sms|pay_password+token|sms+face" },
    { "data.reveal", "查看完整信息", "Showing whole data", false, 1, "pay_password|device_key|passkey|token" },
};

static const policy_rule *rule_of(zy_str scene)
{
    for (size_t i = 0; i < ZY_COUNT(RULES); i++)
        if (zy_str_eq_c(scene, RULES[i].scene))
            return &RULES[i];
    return NULL;
}

/* Cuts the next option off. */
static bool next_option(zy_str *rest, zy_str *ret_option)
{
    if (rest->n == 0)
        return false;
    const char *bar = memchr(rest->p, '|', rest->n);
    size_t n = bar != NULL ? (size_t)(bar - rest->p) : rest->n, skip = bar != NULL ? n + 1 : n;
    *ret_option = (zy_str){ rest->p, n };
    *rest = (zy_str){ rest->p + skip, rest->n - skip };
    return true;
}

static zy_status options_in_force(zy_rtx *rtx, const policy_rule *rule, char out[POLICY_TEXT_MAX], zy_err *err)
{
    ZY_TRY(policy_rule_read(rtx, rule->scene, out, err));
    return out[0] != '\0' ? ZY_OK : zy_str_copy(zy_str_of(rule->options), out, POLICY_TEXT_MAX);
}

/* Calls `each` for the factors of a mask until one answers false. */
static bool all_of(unsigned mask, bool (*each)(const zy_factor *f, void *arg), void *arg)
{
    for (; mask != 0; mask &= mask - 1) {
        const zy_factor *f = zy_factor_by_bit(mask & -mask);
        if (f == NULL || !each(f, arg))
            return false;
    }
    return true;
}

/* --- what may stand for how much --- */

typedef struct cap_job {
    zy_env *env;
    int64_t most;
} cap_job;

static bool add_cap(const zy_factor *f, void *arg)
{
    cap_job *job = arg;
    int64_t cap = f->cap_param != NULL ? zy_param_get(job->env, f->cap_param) : 0;
    job->most = cap > job->most ? cap : job->most;
    return true;
}

zy_money zy_policy_cap(zy_env *env, unsigned mask)
{
    cap_job job = { env, 0 };
    return all_of(mask, add_cap, &job) ? (zy_money){ job.most } : (zy_money){ 0 };
}

/* --- asking --- */

typedef struct usable_job {
    zy_rtx *rtx;
    zy_env *env;
    const zy_caller *caller;
    zy_status status;
    zy_err *err;
} usable_job;

static bool is_usable(const zy_factor *f, void *arg)
{
    usable_job *job = arg;
    bool enrolled = true;
    if (!zy_factor_is_on(job->env, f) || (f->bound_device && !job->caller->device_bound))
        return false;
    if (f->enrolled != NULL)
        job->status = f->enrolled(job->rtx, job->env, job->caller, &enrolled, job->err);
    return job->status == ZY_OK && enrolled;
}

zy_status zy_policy_ask(zy_rtx *rtx, zy_env *env, const zy_caller *caller, const char *scene, zy_money amount,
                        zy_policy_options *ret_options, zy_err *err)
{
    const policy_rule *rule = rule_of(zy_str_of(scene));
    char text[POLICY_TEXT_MAX];
    usable_job job = { rtx, env, caller, ZY_OK, err };
    bool too_much = false;
    *ret_options = (zy_policy_options){ 0 };
    if (rule == NULL || (amount.fen != 0 && !rule->money))
        return zy_fail(err, ZY_INTERNAL, NULL, "no rule for scene %s", scene);
    ZY_TRY(options_in_force(rtx, rule, text, err));
    zy_str rest = zy_str_of(text), option;
    while (next_option(&rest, &option) && ret_options->count < ZY_POLICY_OPTIONS_MAX) {
        unsigned mask = zy_factor_mask_parse(option);
        bool usable = mask != 0 && all_of(mask, is_usable, &job);
        ZY_TRY(job.status);
        if (usable && amount.fen > zy_policy_cap(env, mask).fen && rule->money)
            too_much = true;
        else if (usable)
            ret_options->mask[ret_options->count++] = mask;
    }
    if (ret_options->count > 0)
        return ZY_OK;
    return too_much ? zy_fail(err, ZY_TRANSFER_LIMIT, "amount_fen", "no factor may stand for this amount")
                    : zy_fail(err, ZY_FACTOR_MISSING, NULL, "no combination of %s is set up", scene);
}

/* --- changing a rule --- */

static bool is_biometric(const zy_factor *f, void *arg)
{
    (void)arg;
    return f->kind == ZY_FK_INHERENCE;
}

static bool is_sent_last(const zy_factor *f, void *arg)
{
    (void)arg;
    return f->sent_last;
}

static bool has_no_cap(const zy_factor *f, void *arg)
{
    (void)arg;
    return f->cap_param == NULL;
}

static int kinds_of(unsigned mask)
{
    return __builtin_popcount(zy_factor_kinds(mask));
}

/* Stronger than the clauses is fine, weaker never, whoever checks it. */
static zy_status check_option(const policy_rule *rule, zy_str option, zy_err *err)
{
    unsigned mask = zy_factor_mask_parse(option);
    const char *why = mask == 0                                        ? "not factors of this bank"
                      : kinds_of(mask) < rule->kinds                   ? "too few kinds of factors"
                      : all_of(mask, is_biometric, NULL)               ? "a biometric factor alone"
                      : all_of(mask, is_sent_last, NULL)               ? "nothing is sent before another factor was right"
                      : rule->money && all_of(mask, has_no_cap, NULL)  ? "no factor of it may stand for an amount"
                                                                       : NULL;
    return why == NULL ? ZY_OK : zy_fail(err, ZY_BAD_FIELD, "options", "%s", why);
}

static zy_status check_options(const policy_rule *rule, zy_str options, zy_err *err)
{
    zy_str rest = options, option;
    int count = 0;
    if (options.n == 0 || options.n >= POLICY_TEXT_MAX || options.p[options.n - 1] == '|')
        return zy_fail(err, ZY_BAD_FIELD, "options", "no list of options");
    for (; next_option(&rest, &option); count++)
        ZY_TRY(check_option(rule, option, err));
    return count <= ZY_POLICY_OPTIONS_MAX ? ZY_OK : zy_fail(err, ZY_BAD_FIELD, "options", "too many options");
}

static zy_status read_payload(const zy_json *payload, const policy_rule **ret_rule, zy_str *ret_options, zy_err *err)
{
    zy_str scene;
    if (!zy_json_str(payload, "scene", &scene) || !zy_json_str(payload, "options", ret_options))
        return zy_fail(err, ZY_INTERNAL, NULL, "a request whose content is not of its kind");
    *ret_rule = rule_of(scene);
    if (*ret_rule == NULL)
        return zy_fail(err, ZY_NOT_FOUND, "scene", "no such scene");
    return check_options(*ret_rule, *ret_options, err);
}

static zy_status change_describe(zy_rtx *rtx, zy_env *env, const zy_json *payload, zy_json *before, zy_json *after, zy_err *err)
{
    const policy_rule *rule;
    zy_str options;
    char now[POLICY_TEXT_MAX];
    (void)env;
    ZY_TRY(read_payload(payload, &rule, &options, err));
    ZY_TRY(options_in_force(rtx, rule, now, err));
    if (zy_str_eq_c(options, now))
        return zy_fail(err, ZY_STATE_CONFLICT, "options", "it stands so already");
    zy_json_set_c(before, "scene", rule->scene);
    zy_json_set_c(before, "options", now);
    zy_json_set_c(after, "scene", rule->scene);
    zy_json_set_str(after, "options", options);
    return ZY_OK;
}

static zy_status change_apply(zy_tx *tx, zy_env *env, const zy_json *payload, zy_id maker, zy_id checker, zy_err *err)
{
    const policy_rule *rule;
    zy_str options;
    (void)maker;
    (void)checker;
    ZY_TRY(read_payload(payload, &rule, &options, err));
    return policy_rule_write(tx, rule->scene, options, zy_env_now(env), err);
}

const zy_approval_kind ZY_POLICY_CHANGE = { "policy.change", "policy.make", "policy.check", change_describe, change_apply, NULL };

zy_status zy_policy_list(zy_rtx *rtx, zy_json *ret_array, zy_err *err)
{
    for (size_t i = 0; i < ZY_COUNT(RULES); i++) {
        char options[POLICY_TEXT_MAX];
        ZY_TRY(options_in_force(rtx, &RULES[i], options, err));
        zy_json *o = zy_json_object();
        zy_json_set_c(o, "scene", RULES[i].scene);
        zy_json_set_c(o, "title_zh", RULES[i].title_zh);
        zy_json_set_c(o, "title_en", RULES[i].title_en);
        zy_json_set_c(o, "options", options);
        zy_json_set_bool(o, "changed", strcmp(options, RULES[i].options) != 0);
        zy_json_push(ret_array, o);
    }
    return ZY_OK;
}
