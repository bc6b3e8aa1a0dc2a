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
    bool way_out;        /* a preference that nothing of the rule is left of any more does not close this scene */
} policy_rule;

/* DECISIONS: transaction factor by amount; high-risk scenes: at least two factors of different kinds. */
static const policy_rule RULES[] = {
    { "transfer", "转账", "Transfer", true, 2,
      "pay_password+sms|pay_password+carrier|pay_password+device_key|pay_password+passkey|pay_password+token|pay_password+soft_key|pay_password+phone_shield|"
      "pay_password+bluetooth_key" },
    { "device.bind", "绑定设备", "Binding a device", false, 2, "pay_password+sms|pay_password+carrier|pay_password+token|sms+face" },
    { "cert.issue", "申请证书", "Certificate", false, 2, "pay_password+sms|pay_password+token|sms+face" },
    { "phone.change", "变更手机号", "Change of phone", false, 2, "pay_password+sms|pay_password+token|sms+face" },
    { "limit.raise", "提高限额", "Raising a limit", false, 2, "pay_password+sms|pay_password+token|pay_password+soft_key" },
    { "loss.lift", "解除挂失", "Lifting a loss report", false, 2, "pay_password+sms|pay_password+token|sms+face" },
    { "password.change", "修改密码", "Change of a password", false, 2, "login_password+sms|pay_password+sms|pay_password+token" },
    { "face.agree", "同意人脸识别", "Consent to face recognition", false, 2, "pay_password+sms|pay_password+token" },
    { "phone.bind", "手机号支付", "Phone-number payment", false, 2, "pay_password+sms|pay_password+token|sms+face" },
    { "account.loss", "账户挂失", "Reporting a loss", false, 1, "pay_password|device_key|passkey|token" },
    { "account.add", "添加账户", "Adding an account", false, 2, "pay_password+sms|pay_password+token" },
    { "account.open", "开立电子账户", "Opening an e-account", false, 2, "pay_password+sms|pay_password+token|sms+face" },
    { "account.close", "注销电子账户", "Closing an e-account", false, 2, "pay_password+sms|pay_password+token" },
    { "account.password", "设置电子账户密码", "Password of an e-account", false, 2, "pay_password+sms|pay_password+token|sms+face" },
    { "gesture.set", "设置手势", "Setting a gesture", false, 1, "pay_password|token" },
    { "passkey.set", "创建通行密钥", "Creating a passkey", false, 2, "pay_password+sms|pay_password+token|sms+face" },
    { "data.reveal", "查看完整信息", "Showing whole data", false, 1, "pay_password|device_key|passkey|token" },
    { "pay.unlock", "解锁交易密码", "Unlocking the transaction password", false, 2, "login_password+sms|login_password+token" },
    { "pay.set", "网点重置后设置交易密码", "A new transaction password after the counter's reset", false, 2,
      "login_password+sms|login_password+token" },
    { "preference.lower", "降低验证要求", "Lowering one's own demands", false, 2,
      "pay_password+sms|pay_password+token|login_password+token|sms+face", .way_out = true },
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

static zy_status options_in_force(zy_rtx *rtx, const policy_rule *rule, zy_id customer, policy_texts *out, zy_err *err)
{
    ZY_TRY(policy_rule_read(rtx, rule->scene, customer, out, err));
    return out->options[0] != '\0' ? ZY_OK : zy_str_copy(zy_str_of(rule->options), out->options, sizeof out->options);
}

static bool contains(zy_str options, unsigned mask)
{
    zy_str rest = options, option;
    while (next_option(&rest, &option))
        if (mask != 0 && zy_factor_mask_parse(option) == mask)
            return true;
    return false;
}

static bool have_common(zy_str options, zy_str others)
{
    zy_str rest = options, option;
    while (next_option(&rest, &option))
        if (contains(others, zy_factor_mask_parse(option)))
            return true;
    return false;
}

/* What the customer left of the rule; empty: all of it. */
static zy_str preferred_of(const policy_rule *rule, const policy_texts *texts)
{
    zy_str preferred = zy_str_of(texts->preferred);
    return rule->way_out && !have_common(zy_str_of(texts->options), preferred) ? (zy_str){ 0 } : preferred;
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
    policy_texts texts;
    usable_job job = { rtx, env, caller, ZY_OK, err };
    bool too_much = false;
    *ret_options = (zy_policy_options){ 0 };
    if (rule == NULL || (amount.fen != 0 && !rule->money))
        return zy_fail(err, ZY_INTERNAL, NULL, "no rule for scene %s", scene);
    ZY_TRY(options_in_force(rtx, rule, caller->customer, &texts, err));
    zy_str rest = zy_str_of(texts.options), preferred = preferred_of(rule, &texts), option;
    while (next_option(&rest, &option) && ret_options->count < ZY_POLICY_OPTIONS_MAX) {
        unsigned mask = zy_factor_mask_parse(option);
        bool allowed = mask != 0 && (preferred.n == 0 || contains(preferred, mask));
        bool usable = allowed && all_of(mask, is_usable, &job);
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
                      : rule->money && (mask & ZY_FACTOR_LOGIN_PASSWORD) != 0 ? "the login password stands for no payment"
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
    policy_texts now;
    (void)env;
    ZY_TRY(read_payload(payload, &rule, &options, err));
    ZY_TRY(options_in_force(rtx, rule, (zy_id){ 0 }, &now, err));
    if (zy_str_eq_c(options, now.options))
        return zy_fail(err, ZY_STATE_CONFLICT, "options", "it stands so already");
    zy_json_set_c(before, "scene", rule->scene);
    zy_json_set_c(before, "options", now.options);
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
        policy_texts texts;
        ZY_TRY(options_in_force(rtx, &RULES[i], (zy_id){ 0 }, &texts, err));
        zy_json *o = zy_json_object();
        zy_json_set_c(o, "scene", RULES[i].scene);
        zy_json_set_c(o, "title_zh", RULES[i].title_zh);
        zy_json_set_c(o, "title_en", RULES[i].title_en);
        zy_json_set_c(o, "options", texts.options);
        zy_json_set_c(o, "release", RULES[i].options);
        zy_json_set_bool(o, "money", RULES[i].money);
        zy_json_set_int(o, "kinds", RULES[i].kinds);
        zy_json_set_bool(o, "changed", strcmp(texts.options, RULES[i].options) != 0);
        zy_json_push(ret_array, o);
    }
    return ZY_OK;
}

void zy_policy_factors(zy_env *env, zy_json *ret_array)
{
    static const struct {
        zy_factor_kind kind;
        const char *name;
    } KINDS[] = { { ZY_FK_KNOWLEDGE, "knowledge" }, { ZY_FK_POSSESSION, "possession" }, { ZY_FK_INHERENCE, "inherence" } };
    for (unsigned bit = 1; bit != 0; bit <<= 1) {
        const zy_factor *f = zy_factor_by_bit(bit);
        if (f == NULL)
            continue;
        zy_json *o = zy_json_object();
        zy_json_set_c(o, "factor", f->name);
        zy_json_set_c(o, "title_zh", f->title_zh);
        zy_json_set_c(o, "title_en", f->title_en);
        for (size_t i = 0; i < ZY_COUNT(KINDS); i++)
            if (KINDS[i].kind == f->kind)
                zy_json_set_c(o, "kind", KINDS[i].name);
        zy_json_set_bool(o, "on", zy_factor_is_on(env, f));
        zy_json_set_bool(o, "sent_last", f->sent_last);
        zy_json_set_int(o, "cap_fen", f->cap_param != NULL ? zy_param_get(env, f->cap_param) : 0);
        zy_json_push(ret_array, o);
    }
}

/* --- what a customer allows of a rule --- */

/* Each option once, written as masks are written: what is kept has one spelling. */
static zy_status preference_text(zy_str options, const policy_texts *texts, zy_buf *out, zy_err *err)
{
    zy_str rest = options, option;
    if (options.p[options.n - 1] == '|')
        return zy_fail(err, ZY_BAD_FIELD, "options", "no list of options");
    while (next_option(&rest, &option)) {
        unsigned mask = zy_factor_mask_parse(option);
        if (!contains(zy_str_of(texts->options), mask) || contains(zy_buf_view(out), mask))
            return zy_fail(err, ZY_BAD_FIELD, "options", "not the rule's, or twice");
        if (out->n > 0)
            zy_buf_c(out, "|");
        zy_factor_mask_text(mask, out);
    }
    if (zy_buf_failed(out) || out->n == 0 || out->n >= POLICY_TEXT_MAX)
        return zy_fail(err, ZY_BAD_FIELD, "options", "no list of options");
    return ZY_OK;
}

static zy_status any_usable(usable_job *job, zy_str options, zy_err *err)
{
    zy_str rest = options, option;
    while (next_option(&rest, &option)) {
        bool usable = all_of(zy_factor_mask_parse(option), is_usable, job);
        ZY_TRY(job->status);
        if (usable)
            return ZY_OK;
    }
    return zy_fail(err, ZY_FACTOR_MISSING, "options", "nothing of it is set up");
}

/* Allows this nothing that is not allowed now? */
static bool is_within(zy_str options, zy_str now)
{
    zy_str rest = options, option;
    while (next_option(&rest, &option))
        if (!contains(now, zy_factor_mask_parse(option)))
            return false;
    return true;
}

zy_status zy_preference_check(zy_rtx *rtx, zy_env *env, const zy_caller *caller, zy_str scene, zy_str options, zy_buf *ret_options,
                              bool *ret_raises, zy_err *err)
{
    const policy_rule *rule = rule_of(scene);
    usable_job job = { rtx, env, caller, ZY_OK, err };
    policy_texts texts;
    if (rule == NULL)
        return zy_fail(err, ZY_NOT_FOUND, "scene", "no such scene");
    ZY_TRY(options_in_force(rtx, rule, caller->customer, &texts, err));
    zy_str now = zy_str_of(texts.preferred[0] != '\0' ? texts.preferred : texts.options);
    zy_buf_clear(ret_options);
    if (options.n == 0) { /* whatever the rule says, whatever that will be */
        *ret_raises = texts.preferred[0] == '\0';
        return ZY_OK;
    }
    ZY_TRY(preference_text(options, &texts, ret_options, err));
    *ret_raises = is_within(zy_buf_view(ret_options), now);
    return any_usable(&job, zy_buf_view(ret_options), err);
}

zy_status zy_preference_put(zy_tx *tx, zy_env *env, zy_id customer, zy_str scene, zy_str options, zy_err *err)
{
    const policy_rule *rule = rule_of(scene);
    if (rule == NULL)
        return zy_fail(err, ZY_INTERNAL, NULL, "no such scene");
    return policy_preference_write(tx, customer, rule->scene, options, zy_env_now(env), err);
}

zy_status zy_preference_forget(zy_tx *tx, zy_id customer, zy_err *err)
{
    return policy_preference_forget(tx, customer, err);
}

static zy_status push_options(usable_job *job, zy_str options, zy_str preferred, zy_json *array, zy_err *err)
{
    zy_str rest = options, option;
    (void)err;
    while (next_option(&rest, &option)) {
        unsigned mask = zy_factor_mask_parse(option);
        if (mask == 0)
            continue;
        bool usable = all_of(mask, is_usable, job);
        ZY_TRY(job->status);
        ZY_AUTO_BUF text = { 0 };
        zy_factor_mask_text(mask, &text);
        zy_json *o = zy_json_object();
        zy_json_set_str(o, "factors", zy_buf_view(&text));
        zy_json_set_bool(o, "usable", usable);
        zy_json_set_bool(o, "allowed", preferred.n == 0 || contains(preferred, mask));
        zy_json_push(array, o);
    }
    return ZY_OK;
}

zy_status zy_preference_list(zy_rtx *rtx, zy_env *env, const zy_caller *caller, bool (*asked)(zy_str scene), zy_json *ret_array,
                             zy_err *err)
{
    usable_job job = { rtx, env, caller, ZY_OK, err };
    for (size_t i = 0; i < ZY_COUNT(RULES); i++) {
        policy_texts texts;
        if (!asked(zy_str_of(RULES[i].scene)))
            continue;
        ZY_TRY(options_in_force(rtx, &RULES[i], caller->customer, &texts, err));
        zy_json *o = zy_json_object(), *options = zy_json_array();
        zy_json_set_c(o, "scene", RULES[i].scene);
        zy_json_set_c(o, "title_zh", RULES[i].title_zh);
        zy_json_set_c(o, "title_en", RULES[i].title_en);
        zy_json_set_bool(o, "chosen", texts.preferred[0] != '\0');
        zy_json_set(o, "options", options);
        zy_json_push(ret_array, o);
        ZY_TRY(push_options(&job, zy_str_of(texts.options), preferred_of(&RULES[i], &texts), options, err));
    }
    return ZY_OK;
}

zy_str zy_policy_scene_title(zy_str scene)
{
    const policy_rule *rule = rule_of(scene);
    return rule != NULL ? zy_str_of(rule->title_zh) : (zy_str){ 0 };
}
