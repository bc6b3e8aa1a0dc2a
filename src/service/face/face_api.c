/* The APIs of this room, and what a customer does with them. */
#include <string.h>

#include "service/audit/audit.h"
#include "service/face/face_internal.h"
#include "service/identity/reset.h"
#include "service/notify/notify.h"

typedef struct face_frame_in {
    zy_str capture_id, image;
    int64_t action, frame;
} face_frame_in;

/* --- face.get --- */

typedef struct own_job {
    zy_call *call;
    face_row row;
} own_job;

static void own_wipe(own_job *job)
{
    face_row_wipe(&job->row);
}
#define OWN_JOB __attribute__((cleanup(own_wipe))) own_job

static zy_status read_own(zy_rtx *rtx, void *arg, zy_err *err)
{
    own_job *job = arg;
    zy_status status = face_find(rtx, job->call->env, job->call->caller->customer, &job->row, err);
    return status == ZY_NOT_FOUND ? ZY_OK : status;
}

static zy_status get_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    (void)input;
    OWN_JOB job = { .call = call };
    ZY_TRY(zy_db_read(call->env->db, "face.get", read_own, &job, err));
    zy_json_set_c(body, "state", job.row.state[0] != '\0' ? job.row.state : "none");
    zy_json_set_bool(body, "available", call->env->face != NULL);
    zy_json_set_c(body, "consent_version", ZY_FACE_CONSENT_VERSION);
    if (job.row.consented_at.ms != 0)
        zy_json_set_int(body, "consented_at", job.row.consented_at.ms);
    if (job.row.enrolled_at.ms != 0)
        zy_json_set_int(body, "enrolled_at", job.row.enrolled_at.ms);
    return ZY_OK;
}

/* --- face.frame --- */

static zy_status frame_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const face_frame_in *in = input;
    uint8_t *picture = ZY_NEW(call->arena, uint8_t, ZY_FACE_FRAME_MAX);
    size_t n = 0;
    if (picture == NULL)
        return ZY_REQUEST_TOO_LARGE;
    if (zy_base64_decode(in->image, picture, ZY_FACE_FRAME_MAX, &n) != ZY_OK)
        return zy_fail(err, ZY_BAD_FIELD, "image", "no picture of at most %d bytes", ZY_FACE_FRAME_MAX);
    zy_status status = capture_add(call->caller->channel_th, in->capture_id, call->now, (int)in->action, (int)in->frame,
                                   zy_str_bytes(picture, n));
    zy_wipe(picture, n);
    if (status != ZY_OK)
        return zy_fail(err, status, status == ZY_BAD_FIELD ? "image" : "capture_id", "picture %d of action %d", (int)in->frame,
                       (int)in->action);
    zy_json_set_int(body, "taken", in->action * ZY_FACE_FRAMES_MAX + in->frame + 1);
    return ZY_OK;
}

/* --- the first comparison: with the photo of the name and number that the bank knows --- */

static capture_use enrol_use(const zy_call *call)
{
    return (capture_use){ .customer = call->caller->customer, .purpose = "enrol" };
}

static zy_status enrol_begin_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    (void)input;
    OWN_JOB job = { .call = call };
    const capture_use use = enrol_use(call);
    ZY_TRY(zy_db_read(call->env->db, "face.get", read_own, &job, err));
    if (strcmp(job.row.state, "consented") != 0)
        return zy_fail(err, ZY_STATE_CONFLICT, NULL, "not after consent, or enrolled already");
    return face_begin(call, &use, body, err);
}

static zy_status keep_enrolled(zy_tx *tx, const face_compare *c, zy_err *err)
{
    ZY_TRY(face_enrolled(tx, c->call->env, c->use.customer, c->verdict.reference, c->call->now, err));
    return zy_notify_add(tx, c->call->env, c->use.customer, "security", ZY_STR("人脸识别已开通"),
                         ZY_STR("人脸识别已开通，可用于身份验证。如非本人操作，请立即联系客服。"), err);
}

static zy_status forget_new(zy_tx *tx, void *arg, zy_err *err)
{
    const face_compare *c = arg;
    return face_forget_insert(tx, c->call->env, c->verdict.reference, c->call->now, err);
}

static zy_status enrol_finish_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const face_finish_in *in = input;
    face_compare compare = { .call = call, .use = enrol_use(call), .event_ok = "face.enrolled", .event_wrong = "face.enrol_wrong",
                             .keep = keep_enrolled };
    zy_status status = face_compare_run(&compare, in->capture_id, err);
    /* What the provider took up and we did not keep is not to stay there. */
    if (status != ZY_OK && compare.verdict.reference[0] != '\0')
        ZY_TRY(zy_db_run(call->env->db, "face.forget_new", forget_new, &compare, err));
    ZY_TRY(status);
    zy_json_set_c(body, "state", "enrolled");
    return ZY_OK;
}

/* --- face.withdraw: takes effect at once --- */

static zy_status withdraw_unit(zy_tx *tx, void *arg, zy_err *err)
{
    own_job *job = arg;
    zy_call *call = job->call;
    zy_id customer = call->caller->customer;
    ZY_TRY(face_find(zy_tx_read(tx), call->env, customer, &job->row, err));
    if (job->row.reference[0] != '\0')
        ZY_TRY(face_forget_insert(tx, call->env, job->row.reference, call->now, err));
    ZY_TRY(face_delete(tx, customer, err));
    ZY_TRY(face_checks_delete(tx, customer, err));
    ZY_TRY(face_audit(tx, call, customer, "face.withdrawn", ZY_OK, err));
    return zy_notify_add(tx, call->env, customer, "security", ZY_STR("已撤回人脸识别同意"),
                         ZY_STR("人脸识别已停用，我行保存的核验记录已删除，并已要求核验机构删除您的信息。"), err);
}

static zy_status withdraw_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    (void)input;
    OWN_JOB job = { .call = call };
    ZY_TRY(zy_db_run(call->env->db, "face.withdraw", withdraw_unit, &job, err));
    zy_json_set_c(body, "state", "none");
    return ZY_OK;
}

/* --- rows --- */

#define CAPTURE_ID(struct_t) ZY_FIELD(struct_t, capture_id, ZY_F_HEX, CAPTURE_ID_MAX - 1, CAPTURE_ID_MAX - 1, .help = "of the challenge")
static const zy_field FRAME_FIELDS[] = {
    CAPTURE_ID(face_frame_in),
    ZY_FIELD(face_frame_in, action, ZY_F_INT, 0, ZY_FACE_ACTIONS_MAX - 1, .help = "index into the challenge's actions"),
    ZY_FIELD(face_frame_in, frame, ZY_F_INT, 0, ZY_FACE_FRAMES_MAX - 1, .help = "pictures come in their order, action by action"),
    ZY_FIELD(face_frame_in, image, ZY_F_BASE64, (ZY_FACE_FRAME_MIN + 2) / 3 * 4, (ZY_FACE_FRAME_MAX + 2) / 3 * 4, ZY_SENSITIVE,
             .help = "JPEG"),
};
static const zy_field FINISH_FIELDS[] = { CAPTURE_ID(face_finish_in) };

static const zy_out GET_OUTS[] = {
    ZY_OUT("state", ZY_O_STR, .help = "none, consented, enrolled"),
    ZY_OUT("available", ZY_O_BOOL, .help = "does this bank compare faces?"),
    ZY_OUT("consent_version", ZY_O_STR, .help = "of the text that is to be shown"),
    ZY_OUT("consented_at", ZY_O_INT, .optional = true),
    ZY_OUT("enrolled_at", ZY_O_INT, .optional = true),
};
static const zy_out BEGIN_OUTS[] = {
    ZY_OUT("capture_id", ZY_O_STR),
    ZY_OUT("actions", ZY_O_STRS, .help = "blink, open_mouth, smile, turn_left, turn_right, nod; to be done in this order"),
    ZY_OUT("frames", ZY_O_INT, .help = "pictures of each action"),
    ZY_OUT("frame_max", ZY_O_INT, .help = "bytes of a picture"),
    ZY_OUT("expires_at", ZY_O_INT),
};
static const zy_out FRAME_OUTS[] = { ZY_OUT("taken", ZY_O_INT, .help = "how many have come") };
static const zy_out RESET_OUTS[] = { ZY_OUT("reset_id", ZY_O_STR), ZY_OUT("phone", ZY_O_STR), ZY_OUT("expires_at", ZY_O_INT) };
static const zy_out STATE_OUTS[] = { ZY_OUT("state", ZY_O_STR) };

#define FACE_API(api_name, api_class, rate, is_audited, words, handler)                                          \
    .name = (api_name), .door = ZY_DOOR_CUSTOMER, .class = (api_class), .per_minute = (rate), .audited = (is_audited), \
    .title = (words), .run = (handler)

const zy_api ZY_FACE_APIS[] = {
    { FACE_API("face.get", ZY_PROTECTED, 60, false, "What stands of the face recognition", get_run), ZY_NO_FIELDS, ZY_OUTS(GET_OUTS) },
    { FACE_API("face.enrol.begin", ZY_PRIVATE, 10, true, "Draws the actions of the first comparison, after consent", enrol_begin_run),
      ZY_NO_FIELDS, ZY_OUTS(BEGIN_OUTS) },
    { FACE_API("face.frame", ZY_PUBLIC, 120, true, "The next picture of a challenge", frame_run), ZY_FIELDS(face_frame_in, FRAME_FIELDS),
      ZY_OUTS(FRAME_OUTS) },
    { FACE_API("face.enrol.finish", ZY_PRIVATE, 10, true, "Compares with the authority's photo", enrol_finish_run),
      ZY_FIELDS(face_finish_in, FINISH_FIELDS), ZY_OUTS(STATE_OUTS) },
    { FACE_API("face.withdraw", ZY_PRIVATE, 10, true, "Takes the consent back; what is held is deleted", withdraw_run), ZY_NO_FIELDS,
      ZY_OUTS(STATE_OUTS) },
    { FACE_API("password.reset.face.start", ZY_PUBLIC, 10, true, "A forgotten login password: who one is; draws the actions",
               face_reset_start_run),
      .critical = true, ZY_FIELDS(zy_reset_claim_in, FACE_RESET_FIELDS), ZY_OUTS(BEGIN_OUTS) },
    { FACE_API("password.reset.face.finish", ZY_PUBLIC, 10, true, "Compares the face, and sends the code that password.reset.finish takes",
               face_reset_finish_run),
      .critical = true, ZY_FIELDS(face_finish_in, FINISH_FIELDS), ZY_OUTS(RESET_OUTS) },
};
const size_t ZY_FACE_API_COUNT = ZY_COUNT(ZY_FACE_APIS);
