/* password.reset.face.*: a forgotten login password, by face instead of the transaction password; the code by SMS follows. Who has no
 * face at the bank, and who is nobody, go the same way as somebody whose face is wrong. */
#include "service/identity/reset.h"

#include <string.h>

#include "service/face/face_internal.h"

static const zy_field CAPTCHA_FIELDS[] = {
    ZY_FIELD(captcha_in, captcha_id, ZY_F_TOKEN, 1, 64),
    ZY_FIELD(captcha_in, text, ZY_F_CODE, 1, 10),
};
const zy_field FACE_RESET_FIELDS[4] = {
    ZY_FIELD(zy_reset_claim_in, user, ZY_F_USER, 1, 60, ZY_SENSITIVE),
    ZY_FIELD(zy_reset_claim_in, id_no, ZY_F_OBJECT, 0, 0, .object = ZY_SECRET_FIELDS, .object_count = ZY_COUNT(ZY_SECRET_FIELDS),
             .help = "encrypted with purpose 6"),
    ZY_FIELD(zy_reset_claim_in, captcha, ZY_F_OBJECT, 0, 0, .object = CAPTCHA_FIELDS, .object_count = ZY_COUNT(CAPTCHA_FIELDS)),
    ZY_FIELD(zy_reset_claim_in, device, ZY_F_OBJECT, 0, 0, .object = ZY_DEVICE_FIELDS, .object_count = ZY_COUNT(ZY_DEVICE_FIELDS)),
};

zy_status face_reset_start_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    zy_reset_claim claim;
    capture_use use = { .purpose = "reset" };
    if (call->env->face == NULL)
        return zy_fail(err, ZY_FACTOR_AWAY, NULL, "the bank has no face provider");
    ZY_TRY(zy_reset_claim_begin(call, input, &claim, err));
    use.customer = claim.customer;
    use.device_bound = claim.bound;
    memcpy(use.digest, claim.name_index, sizeof use.digest);
    memcpy(use.device_id, claim.device_id, sizeof use.device_id);
    return face_begin(call, &use, body, err);
}

static void claim_of(const capture_use *use, zy_reset_claim *ret_claim)
{
    *ret_claim = (zy_reset_claim){ .customer = use->customer, .bound = use->device_bound };
    memcpy(ret_claim->name_index, use->digest, sizeof ret_claim->name_index);
    memcpy(ret_claim->device_id, use->device_id, sizeof ret_claim->device_id);
}

zy_status face_reset_finish_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const face_finish_in *in = input;
    zy_reset_claim claim;
    face_compare compare = { .call = call, .event_ok = "password.reset_face_ok", .event_wrong = "password.reset_face_wrong" };
    if (capture_use_of(call->caller->channel_th, in->capture_id, call->now, "reset", &compare.use) != ZY_OK)
        return zy_fail(err, ZY_CHALLENGE_BAD, "capture_id", "no capture for a reset");
    claim_of(&compare.use, &claim);
    memcpy(call->caller->device_id, claim.device_id, sizeof call->caller->device_id);
    zy_status status = face_compare_run(&compare, in->capture_id, err);
    if (status == ZY_OK)
        return zy_reset_claim_proven(call, &claim, body, err);
    if (status != ZY_FACTOR_WRONG)
        return status;
    ZY_TRY(zy_reset_claim_wrong(call, &claim, err));
    return zy_fail(err, ZY_LOGIN_FAILED, NULL, "name, id number or face");
}
