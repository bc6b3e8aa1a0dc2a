/* face.agree: the separate consent to face recognition. The customer sees what he agrees to, and proves that it is he. */
#include "bank/security/security_internal.h"
#include "service/face/face.h"

static zy_status agree_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    const zy_call *call = arg;
    return zy_face_may_consent(rtx, call->env, call->caller->customer, err);
}

static void agree_describe(zy_order_lines *lines, const void *arg)
{
    static const struct {
        const char *name, *value, *label;
    } LINES[] = {
        { "consent", "人脸识别信息处理同意书 第" ZY_FACE_CONSENT_VERSION "版", "同意内容" },
        { "purpose", "仅用于核验您本人的身份", "处理目的" },
        { "method", "加密送核验机构与权威证件照比对", "处理方式" },
        { "keeping", "不保存照片和人脸特征", "保存" },
        { "withdrawal", "可随时在安全中心撤回，撤回即删除核验记录", "撤回" },
    };
    (void)arg;
    for (size_t i = 0; i < ZY_COUNT(LINES); i++)
        zy_order_line(lines, LINES[i].name, zy_str_of(LINES[i].value), LINES[i].label, zy_str_of(LINES[i].value));
}

zy_status face_agree_prepare_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const face_agree_in *in = input;
    bool repeated = false;
    ZY_TRY(zy_order_repeat(call, body, &repeated, err));
    if (repeated)
        return ZY_OK;
    if (!zy_str_eq_c(in->consent_version, ZY_FACE_CONSENT_VERSION))
        return zy_fail(err, ZY_BAD_FIELD, "consent_version", "another text was shown than the one in force");
    ZY_TRY(zy_db_read(call->env->db, "face.agree", agree_read, call, err));
    const zy_prepare prepare = { .kind = &FACE_AGREE_KIND, .describe = agree_describe,
                                 .draft = { .risk = "medium", .payload = zy_json_object(), .sms_purpose = ZY_STR("同意使用人脸识别"),
                                            .notice = ZY_STR("人脸信息属于敏感个人信息。不同意不影响您使用其他验证方式。") } };
    return zy_order_prepare(call, &prepare, body, err);
}

static zy_status agree_execute(zy_tx *tx, zy_env *env, const zy_order *o, const zy_json *payload, zy_id audit, zy_err *err)
{
    (void)payload;
    (void)audit;
    return zy_face_consent(tx, env, o->customer, o->id, o->done_at, err);
}

const zy_order_kind FACE_AGREE_KIND = { .name = "face.agree", .title_zh = "同意人脸识别", .scene = "face.agree",
                                        .execute = agree_execute };
