#include "service/identity/environment.h"

#include "service/audit/audit.h"
#include "service/param/param.h"

#define ENV_BOOL(member) ZY_FIELD(zy_environment_in, member, ZY_F_BOOL, 0, 0, ZY_OPTIONAL)
const zy_field ZY_ENVIRONMENT_FIELDS[ZY_ENVIRONMENT_FIELD_COUNT] = {
    ENV_BOOL(root), ENV_BOOL(emulator), ENV_BOOL(debugger), ENV_BOOL(hook), ENV_BOOL(repackaged), ENV_BOOL(proxy),
    ENV_BOOL(screen_shared),
    ZY_FIELD(zy_environment_in, version, ZY_F_CODE, 1, 20, ZY_OPTIONAL, .help = "of the client"),
};

/* A finding's level may be set between what the clauses ask for at least and a refusal: a client that was changed or is being
 * watched by a debugger never gets to bind (mb.risk-strategy-terminal.d), every finding is at least told
 * (j225.6.1.9.2.p2). */
#define LEVEL(word, fallback_, min_, zh, en) { "environment." word, (fallback_), (min_), ZY_ENVIRONMENT_REFUSE, "level", zh, en }
static const zy_param_row PARAMS[] = {
    LEVEL("root", ZY_ENVIRONMENT_LIMIT, ZY_ENVIRONMENT_WARN, "越狱或ROOT设备的处置", "rooted device: 1 warn, 2 limit, 3 refuse"),
    LEVEL("emulator", ZY_ENVIRONMENT_LIMIT, ZY_ENVIRONMENT_WARN, "模拟器的处置", "emulator: 1 warn, 2 limit, 3 refuse"),
    LEVEL("debugger", ZY_ENVIRONMENT_REFUSE, ZY_ENVIRONMENT_LIMIT, "调试器的处置", "debugger: 2 limit, 3 refuse"),
    LEVEL("hook", ZY_ENVIRONMENT_REFUSE, ZY_ENVIRONMENT_LIMIT, "注入框架的处置", "injected code: 2 limit, 3 refuse"),
    LEVEL("repackaged", ZY_ENVIRONMENT_REFUSE, ZY_ENVIRONMENT_REFUSE, "重打包客户端的处置", "changed client: refused"),
    LEVEL("proxy", ZY_ENVIRONMENT_WARN, ZY_ENVIRONMENT_WARN, "网络代理的处置", "network proxy: 1 warn, 2 limit, 3 refuse"),
    LEVEL("screen_shared", ZY_ENVIRONMENT_WARN, ZY_ENVIRONMENT_WARN, "屏幕共享的处置", "shared screen: 1 warn, 2 limit, 3 refuse"),
    LEVEL("outdated", ZY_ENVIRONMENT_WARN, ZY_ENVIRONMENT_WARN, "过旧客户端的处置", "old client: 1 warn, 2 limit, 3 refuse"),
};
/* What may be paid from a device that is limited (env-monitor.c: functions are closed or narrowed by the bank's policy). */
static const zy_param_row LIMITS[] = {
    { "environment.once_limit_fen", 100000, 0, 500000, "fen", "风险环境单笔限额", "limit of one transaction on an unsafe device" },
    { "environment.day_limit_fen", 100000, 0, 500000, "fen", "风险环境当日累计限额", "limit of a day on an unsafe device" },
};
#define WORD(i) (PARAMS[i].name + sizeof "environment." - 1)

void zy_environment_start(void)
{
    zy_param_register(PARAMS, ZY_COUNT(PARAMS));
    zy_param_register(LIMITS, ZY_COUNT(LIMITS));
}

int zy_version_compare(zy_str a, zy_str b)
{
    for (;;) {
        zy_str x = { 0 }, y = { 0 };
        uint64_t m = 0, n = 0;
        bool more_a = zy_str_next(&a, '.', &x), more_b = zy_str_next(&b, '.', &y);
        if (!more_a && !more_b)
            return 0;
        if (zy_str_u64(x, &m) != ZY_OK)
            m = 0;
        if (zy_str_u64(y, &n) != ZY_OK)
            n = 0;
        if (m != n)
            return m < n ? -1 : 1;
    }
}

int64_t zy_environment_bits(zy_env *env, const zy_environment_in *in)
{
    bool outdated = in->version.n > 0 && zy_version_compare(in->version, zy_config_text(env->config, "client.minimum_version")) < 0;
    const bool found[] = { in->root, in->emulator, in->debugger, in->hook, in->repackaged, in->proxy, in->screen_shared, outdated };
    int64_t bits = 0;
    _Static_assert(ZY_COUNT(found) == ZY_COUNT(PARAMS), "a finding has a level");
    for (size_t i = 0; i < ZY_COUNT(found); i++)
        bits |= (int64_t)found[i] << i;
    return bits;
}

zy_environment_level zy_environment_judge(zy_env *env, int64_t bits)
{
    int64_t worst = ZY_ENVIRONMENT_SAFE;
    for (size_t i = 0; i < ZY_COUNT(PARAMS); i++) {
        int64_t level = (bits >> i & 1) != 0 ? zy_param_get(env, PARAMS[i].name) : ZY_ENVIRONMENT_SAFE;
        worst = level > worst ? level : worst;
    }
    return (zy_environment_level)worst;
}

const char *zy_environment_word(zy_environment_level level)
{
    static const char *const WORDS[] = { "safe", "warn", "limit", "refuse" };
    return WORDS[level];
}

static void detail_of(zy_environment_level level, int64_t bits, zy_buf *out)
{
    const char *before = "";
    zy_buf_fmt(out, "{\"level\":\"%s\",\"found\":\"", zy_environment_word(level));
    for (size_t i = 0; i < ZY_COUNT(PARAMS); i++) {
        if ((bits >> i & 1) == 0)
            continue;
        zy_buf_fmt(out, "%s%s", before, WORD(i));
        before = ",";
    }
    zy_buf_c(out, "\"}");
}

zy_status zy_environment_check(const zy_call *call, int64_t bits, zy_err *err)
{
    zy_environment_level level = zy_environment_judge(call->env, bits);
    if (level == ZY_ENVIRONMENT_SAFE)
        return ZY_OK;
    ZY_AUTO_BUF detail = { 0 };
    detail_of(level, bits, &detail);
    const zy_audit record = { .event = "device.environment", .actor_kind = "anonymous", .object_kind = "",
                              .address = call->caller->address, .device = zy_str_of(call->caller->device_id),
                              .trace = zy_str_of(call->trace), .detail = zy_buf_view(&detail),
                              .result = zy_str_of(level == ZY_ENVIRONMENT_REFUSE ? "DEVICE_UNSAFE" : "OK") };
    zy_audit_note(call->env, &record);
    if (level != ZY_ENVIRONMENT_REFUSE)
        return ZY_OK;
    return zy_fail(err, ZY_DEVICE_UNSAFE, NULL, "the client's environment is not safe");
}
