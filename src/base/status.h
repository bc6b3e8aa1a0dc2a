/* The one list of statuses: enum, wire name, number, HTTP status and customer's text come from here. */
#pragma once

#include <stddef.h>

/* X(NAME, number, http, customer's text). Numbers are never reused. 1xxxx: the caller's request,
 * 2xxxx: business refusals, 3xxxx: ours. The wire name of ZY_FOO is "FOO". English texts stand in
 * web/shared/i18n; the wire carries the Chinese one. */
#define ZY_STATUS_LIST(X)                                                          \
    X(OK, 0, 200, "成功")                                                          \
    X(BAD_FIELD, 10001, 400, "请求字段有误")                                       \
    X(BAD_REQUEST, 10002, 400, "请求格式有误")                                     \
    X(REQUEST_TOO_LARGE, 10003, 413, "请求内容过大")                               \
    X(NOT_FOUND, 10004, 404, "未找到相关记录")                                     \
    X(API_UNKNOWN, 10005, 404, "接口不存在")                                       \
    X(API_CLOSED, 10006, 503, "该功能暂停服务，请稍后再试")                        \
    X(LOGIN_REQUIRED, 10007, 401, "请先登录")                                      \
    X(LOGIN_FAILED, 10008, 401, "登录信息有误，请核对后重试")                      \
    X(CAPTCHA_REQUIRED, 10009, 401, "请输入图形验证码")                            \
    X(CHALLENGE_BAD, 10010, 400, "安全键盘已失效，请重新输入")                     \
    X(FACTOR_WRONG, 10011, 401, "验证未通过，请核对后重试")                        \
    X(FACTOR_ORDER, 10012, 409, "请按步骤完成验证")                                \
    X(CODE_EXPIRED, 10013, 409, "验证码已失效，请重新获取")                        \
    X(LOCKED, 10014, 423, "验证已暂停，请稍后再试或联系客服")                      \
    X(RATE_LIMITED, 10015, 429, "操作过于频繁，请稍后再试")                        \
    X(IDEMPOTENCY_CONFLICT, 10016, 409, "重复的请求编号")                          \
    X(CLOCK_SKEW, 10017, 400, "设备时间有误，请校准后重试")                        \
    X(PERMISSION_DENIED, 10018, 403, "没有权限执行此操作")                         \
    X(SIGNATURE_BAD, 10019, 400, "签名验证未通过")                                 \
    X(CHANNEL_BAD, 10020, 400, "安全通道数据有误")                                 \
    X(CHANNEL_KEY, 10021, 410, "安全通道密钥已更新，请刷新后重试")                 \
    X(CHANNEL_EXPIRED, 10022, 401, "安全通道已失效")                               \
    X(CHANNEL_REPLAY, 10023, 409, "重复的请求")                                    \
    X(CHANNEL_BUSY, 10024, 429, "系统繁忙，请稍后再试")                            \
    X(CSRF_BAD, 10025, 403, "页面已失效，请刷新后重试")                            \
    X(METHOD_NOT_ALLOWED, 10026, 405, "请求方式有误")                              \
    X(MUST_CHANGE_PASSWORD, 10027, 403, "请先修改初始密码")                        \
    X(FACTOR_MISSING, 10028, 409, "所需的验证方式尚未开通，请先到安全中心设置")     \
    X(DEVICE_UNSAFE, 10029, 403, "当前设备环境存在风险，无法继续；请使用官方客户端和安全的设备") \
    X(FACTOR_AWAY, 10031, 503, "该验证方式暂时不可用，请换一种方式或稍后再试")     \
    X(BALANCE_TOO_LOW, 20001, 409, "余额不足")                                     \
    X(PAYEE_MISMATCH, 20002, 409, "收款户名与账号不符，请核对")                    \
    X(TRANSFER_LIMIT, 20003, 409, "超过转账限额")                                  \
    X(ORDER_STATE, 20004, 409, "交易状态已变化，请刷新后查看")                     \
    X(ORDER_EXPIRED, 20005, 409, "交易已超时，请重新发起")                         \
    X(DIGEST_MISMATCH, 20006, 409, "交易内容不一致，请重新发起")                   \
    X(ACCOUNT_STATE, 20007, 409, "账户状态不允许此交易")                           \
    X(SAME_ACCOUNT, 20008, 409, "收付款账户不能相同")                              \
    X(MAKER_IS_CHECKER, 20009, 409, "经办人与复核人不能为同一人")                  \
    X(ALREADY_EXISTS, 20010, 409, "记录已存在")                                    \
    X(STATE_CONFLICT, 20011, 409, "记录状态已变化，请刷新后重试")                  \
    X(PASSWORD_WEAK, 20012, 409, "密码过于简单或已使用过，请更换")                 \
    X(REGISTER_FAILED, 20020, 409, "信息核验未通过，请核对后重试；多次未通过请到网点办理") \
    X(REGISTER_WAITING, 20021, 409, "您的申请正在审核，结果将以短信通知您")        \
    X(REGISTER_COUNTER, 20022, 409, "请携带有效证件和银行卡到网点办理")            \
    X(SCOPE_LIMITED, 20023, 403, "您尚未在网点签约，暂不能向他人转账，请携带证件到网点办理") \
    X(ALIAS_REFUSED, 20024, 409, "该登录名不可用，请换一个")                       \
    X(PHONE_TOO_NEW, 20025, 409, "手机号变更时间不长，为保护客户资金，暂不能重置密码") \
    X(ACCOUNT_QUOTA, 20040, 409, "超过电子账户的限额，可调整金额或通过绑定账户办理") \
    X(ACCOUNT_MAX, 20041, 409, "该类电子账户已达可开立的数量上限")                  \
    X(ACCOUNT_KIND, 20042, 409, "该类账户不支持此操作，请使用借记卡账户或到网点办理") \
    X(STATEMENT_TOO_LONG, 20043, 409, "明细过多，请缩短查询时段或选择CSV格式")      \
    X(ROUTE_CLOSED, 20050, 409, "大额汇款当前不在受理时间，请在工作日受理时间内办理或调整金额") \
    X(INTERNAL, 30001, 500, "系统繁忙，请稍后再试")                                \
    X(BUSY, 30002, 503, "系统繁忙，请稍后再试")                                    \
    X(OVERFLOW, 30003, 500, "系统繁忙，请稍后再试")                                \
    X(NO_MEMORY, 30004, 500, "系统繁忙，请稍后再试")                               \
    X(DB_CONFLICT, 30005, 503, "系统繁忙，请稍后再试")                             \
    X(DB_ERROR, 30006, 500, "系统繁忙，请稍后再试")                                \
    X(DB_UNIQUE, 30007, 500, "系统繁忙，请稍后再试")                               \
    X(OUTCOME_UNKNOWN, 30008, 503, "结果待确认，请稍后查询")                       \
    X(CRYPTO_FAILED, 30009, 500, "系统繁忙，请稍后再试")                           \
    X(CRYPTO_STOPPED, 30010, 503, "系统繁忙，请稍后再试")                          \
    X(CONFIG_BAD, 30011, 500, "系统配置有误")                                      \
    X(IO_ERROR, 30012, 500, "系统繁忙，请稍后再试")                                \
    X(AUDIT_BROKEN, 30013, 500, "审计记录校验未通过")                              \
    X(CONNECTOR_FAILED, 30014, 503, "系统繁忙，请稍后再试")                        \
    X(TIMEOUT, 30015, 504, "系统繁忙，请稍后再试")

typedef enum zy_status {
#define ZY_STATUS_ENUM(name, number, http, text) ZY_##name = number,
    ZY_STATUS_LIST(ZY_STATUS_ENUM)
#undef ZY_STATUS_ENUM
} zy_status_code;

/* Functions return zy_status; dropping one is a compiler warning (hence an error). */
typedef zy_status_code zy_status;
#define ZY_CHECKED __attribute__((warn_unused_result))

const char *zy_status_name(zy_status status); /* "BAD_FIELD"; "INTERNAL" for a number not in the list */
const char *zy_status_text(zy_status status); /* the customer's text, Chinese */
int zy_status_http(zy_status status);

/* Details of a failure, for the log and for `fields` of an answer; the detail never reaches a customer. */
typedef struct zy_err {
    zy_status status;
    char field[64];   /* input field at fault, "" when none */
    char detail[240]; /* for the log; must not hold personal data or secrets */
} zy_err;

/* Fills err (may be NULL) and returns status, so that a failing function is one line.
 * field may be NULL or "". */
zy_status zy_fail(zy_err *err, zy_status status, const char *field, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Returns early when expr fails. */
#define ZY_TRY(expr)                      \
    do {                                  \
        zy_status zy_try_status_ = (expr); \
        if (zy_try_status_ != ZY_OK)      \
            return zy_try_status_;        \
    } while (0)

/* ZY_AUTO(zy_x_free) zy_x *x = NULL;  -- freed on every way out. The free function accepts NULL. */
#define ZY_AUTO(free_fn) __attribute__((cleanup(free_fn##_auto_)))
/* Stands once per type that is used with ZY_AUTO, in its header. */
#define ZY_AUTO_DEFINE(type, free_fn)                                    \
    static inline __attribute__((unused)) void free_fn##_auto_(type **p) \
    {                                                                    \
        free_fn(*p);                                                     \
    }
/* Hands a value on and leaves NULL behind, so that its ZY_AUTO frees nothing. */
#define ZY_STEAL(p)                    \
    __extension__({                    \
        __typeof__(p) zy_stolen_ = (p); \
        (p) = NULL;                    \
        zy_stolen_;                    \
    })

#define ZY_COUNT(array) (sizeof(array) / sizeof((array)[0]))
