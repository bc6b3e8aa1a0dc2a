/* One comparison: a challenge, its pictures, a try taken before the provider is asked, and what is kept of it. */
#include <stdio.h>
#include <string.h>

#include "service/audit/audit.h"
#include "service/face/face_internal.h"
#include "service/identity/tries.h"
#include "service/notify/notify.h"
#include "service/param/param.h"

zy_status face_audit(zy_tx *tx, const zy_call *call, zy_id customer, const char *event, zy_status result, zy_err *err)
{
    const zy_caller *c = call->caller;
    const zy_audit record = { .event = event, .actor_kind = customer.v != 0 ? "customer" : "anonymous", .actor = customer,
                              .object_kind = "face", .object = customer, .address = c->address, .device = zy_str_of(c->device_id),
                              .trace = zy_str_of(call->trace), .result = zy_str_of(zy_status_name(result)) };
    return zy_audit_add(tx, call->env, &record, NULL, err);
}

/* --- tries: of the customer and of the device, over everything that faces are used for --- */

typedef struct try_keys {
    uint8_t customer[ZY_SM3_BYTES], device[ZY_SM3_BYTES];
} try_keys;

static bool is_reset(const capture_use *use)
{
    return strcmp(use->purpose, "reset") == 0;
}

/* Nobody's tries are counted by the name that was typed. */
static zy_status make_keys(zy_call *call, const capture_use *use, try_keys *ret_keys)
{
    zy_env *env = call->env;
    if (use->customer.v != 0)
        ZY_TRY(zy_try_key(env, ZY_TRY_FACE, use->customer, NULL, ret_keys->customer));
    else
        ZY_TRY(zy_keys_index(env->keys, "try.face_nobody", zy_str_bytes(use->digest, sizeof use->digest), ret_keys->customer));
    return zy_try_source_key(call->env, ZY_FROM_FACE_DEVICE, zy_str_of(call->caller->device_id), ret_keys->device);
}

typedef struct locked_job {
    zy_call *call;
    try_keys keys;
    bool locked;
} locked_job;

static zy_status read_locked(zy_rtx *rtx, void *arg, zy_err *err)
{
    locked_job *job = arg;
    bool customer = false, device = false;
    ZY_TRY(zy_try_is_locked(rtx, job->keys.customer, job->call->now, &customer, err));
    ZY_TRY(zy_try_is_locked(rtx, job->keys.device, job->call->now, &device, err));
    job->locked = customer || device;
    return ZY_OK;
}

/* --- the challenge --- */

zy_status face_begin(zy_call *call, const capture_use *use, zy_json *body, zy_err *err)
{
    zy_env *env = call->env;
    locked_job job = { .call = call };
    capture challenge;
    if (env->face == NULL)
        return zy_fail(err, ZY_FACTOR_AWAY, NULL, "the bank has no face provider");
    ZY_TRY(make_keys(call, use, &job.keys));
    ZY_TRY(zy_db_read(env->db, "face.begin", read_locked, &job, err));
    if (job.locked && !is_reset(use)) /* of a reset it would tell that the name is somebody's */
        return zy_fail(err, ZY_LOCKED, NULL, "too many faces were wrong");
    ZY_TRY(capture_make(call->caller->channel_th, call->now, ZY_SECONDS(zy_param_get(env, "face.life_s")),
                        (int)zy_param_get(env, "face.actions"), use, &challenge));
    zy_json *actions = zy_json_array();
    for (int i = 0; i < challenge.actions; i++)
        zy_json_push(actions, zy_json_new_str(zy_str_of(zy_face_action_name(challenge.action[i]))));
    zy_json_set_c(body, "capture_id", challenge.id);
    zy_json_set(body, "actions", actions);
    zy_json_set_int(body, "frames", ZY_FACE_FRAMES_MAX);
    zy_json_set_int(body, "frame_max", ZY_FACE_FRAME_MAX);
    zy_json_set_int(body, "expires_at", challenge.ends_at.ms);
    return ZY_OK;
}

/* --- the comparison --- */

typedef struct compare_job {
    face_compare *compare;
    try_keys keys;
    zy_id row;
    bool locked, known, right;
    face_row enrolment;
    zy_person person; /* when the provider is to know him anew */
} compare_job;

static void job_wipe(compare_job *job)
{
    face_row_wipe(&job->enrolment);
    zy_person_wipe(&job->person);
}

static bool is_enrolling(const face_compare *c)
{
    return strcmp(c->use.purpose, "enrol") == 0;
}

/* A device that is locked takes no try of the customer: else it could lock him out everywhere. */
static zy_status take_unit(zy_tx *tx, void *arg, zy_err *err)
{
    compare_job *job = arg;
    zy_call *call = job->compare->call;
    ZY_TRY(zy_try_is_locked(zy_tx_read(tx), job->keys.device, call->now, &job->locked, err));
    if (!job->locked)
        ZY_TRY(zy_try_take(tx, job->keys.customer, call->now, &job->locked, err));
    if (!job->locked)
        ZY_TRY(zy_try_source_take(tx, call->env, ZY_FROM_FACE_DEVICE, job->keys.device, call->now, &job->locked, err));
    return job->locked ? face_audit(tx, call, job->compare->use.customer, job->compare->event_wrong, ZY_LOCKED, err) : ZY_OK;
}

/* Nobody said that it was wrong. */
static zy_status return_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const compare_job *job = arg;
    zy_time now = job->compare->call->now;
    ZY_TRY(zy_try_return(tx, job->keys.customer, now, err));
    return zy_try_return(tx, job->keys.device, now, err);
}

static zy_status read_who(zy_rtx *rtx, void *arg, zy_err *err)
{
    compare_job *job = arg;
    zy_env *env = job->compare->call->env;
    const char *want = is_enrolling(job->compare) ? "consented" : "enrolled";
    zy_status status = face_find(rtx, env, job->compare->use.customer, &job->enrolment, err);
    job->known = status == ZY_OK && strcmp(job->enrolment.state, want) == 0;
    if (status != ZY_OK && status != ZY_NOT_FOUND)
        return status;
    return job->known && is_enrolling(job->compare)
               ? zy_customer_person(rtx, env, job->compare->use.customer, &job->person, err)
               : ZY_OK;
}

/* A reset asks the provider about nobody as well: the answer takes the same time. */
#define NOBODYS_REFERENCE "0000000000000000.0000000000000000000000000000000000000000"

static zy_status ask(compare_job *job, const capture *taken, zy_err *err)
{
    face_compare *c = job->compare;
    zy_env *env = c->call->env;
    const char *reference = job->known ? job->enrolment.reference : NOBODYS_REFERENCE;
    zy_face_pictures pictures;
    capture_pictures(taken, &pictures);
    if (is_enrolling(c))
        return zy_face_enrol(env->face, zy_str_of(job->person.name), zy_str_of(job->person.id_no), &pictures, c->call->now,
                             &c->verdict, err);
    return zy_face_check(env->face, zy_str_of(reference), &pictures, c->call->now, &c->verdict, err);
}

/* What was taken back while the provider looked does not count any more. */
static zy_status still_agreed(zy_tx *tx, compare_job *job, bool *ret_agreed, zy_err *err)
{
    FACE_AUTO_ROW now = { .state = "" };
    zy_status status = face_find(zy_tx_read(tx), job->compare->call->env, job->compare->use.customer, &now, err);
    *ret_agreed = status == ZY_OK && strcmp(now.state, job->enrolment.state) == 0 &&
                  strcmp(now.reference, job->enrolment.reference) == 0;
    return status == ZY_NOT_FOUND ? ZY_OK : status;
}

static zy_status keep_row(zy_tx *tx, const compare_job *job, bool right, zy_err *err)
{
    const face_compare *c = job->compare;
    face_check_row row = { .id = job->row, .use = &c->use, .verdict = &c->verdict, .right = right, .actions = c->actions };
    memcpy(row.frames, c->frames, sizeof row.frames);
    return job->known ? face_check_insert(tx, &row, c->call->now, err) : ZY_OK;
}

static zy_status keep_right(zy_tx *tx, const compare_job *job, zy_err *err)
{
    const face_compare *c = job->compare;
    ZY_TRY(zy_try_forgive(tx, job->keys.customer, c->call->now, err));
    ZY_TRY(zy_try_return(tx, job->keys.device, c->call->now, err));
    ZY_TRY(keep_row(tx, job, true, err));
    ZY_TRY(face_audit(tx, c->call, c->use.customer, c->event_ok, ZY_OK, err));
    return c->keep != NULL ? c->keep(tx, c, err) : ZY_OK;
}

static zy_status keep_wrong(zy_tx *tx, const compare_job *job, zy_err *err)
{
    const face_compare *c = job->compare;
    bool locked = false;
    ZY_TRY(keep_row(tx, job, false, err));
    ZY_TRY(face_audit(tx, c->call, c->use.customer, c->event_wrong, ZY_FACTOR_WRONG, err));
    ZY_TRY(zy_try_is_locked(zy_tx_read(tx), job->keys.customer, c->call->now, &locked, err));
    if (!locked || job->locked || c->use.customer.v == 0)
        return ZY_OK;
    return zy_notify_add(tx, c->call->env, c->use.customer, "security", ZY_STR("人脸识别已暂停使用"),
                         ZY_STR("人脸识别多次未通过，已暂停使用。如非本人操作，请立即联系客服。"), err);
}

static zy_status verdict_unit(zy_tx *tx, void *arg, zy_err *err)
{
    compare_job *job = arg;
    bool agreed = false;
    ZY_TRY(still_agreed(tx, job, &agreed, err));
    bool right = job->right && agreed;
    job->compare->result = right ? ZY_OK : ZY_FACTOR_WRONG;
    return right ? keep_right(tx, job, err) : keep_wrong(tx, job, err);
}

static zy_status judge(compare_job *job, const capture *taken, zy_err *err)
{
    face_compare *c = job->compare;
    zy_env *env = c->call->env;
    zy_status asked = job->known || is_reset(&c->use) ? ask(job, taken, err) : ZY_OK;
    if (asked != ZY_OK) {
        if (!job->locked)
            ZY_TRY(zy_db_run(env->db, "face.return", return_unit, job, NULL));
        return asked == ZY_CONNECTOR_FAILED || asked == ZY_BUSY ? ZY_FACTOR_AWAY : asked;
    }
    job->right = job->known && !job->locked && c->verdict.match && c->verdict.live && c->verdict.score >= zy_param_get(env, "face.score_min");
    ZY_TRY(zy_db_run(env->db, "face.verdict", verdict_unit, job, err));
    return c->result == ZY_OK ? ZY_OK : zy_fail(err, c->result, NULL, "the face was not right");
}

/* The digest is keyed: whoever has the picture, but not the bank's key, cannot tell whether it was this one. */
static zy_status describe(face_compare *c, const capture *taken)
{
    uint8_t digest[ZY_SM3_BYTES];
    capture_actions_text(taken, c->actions);
    ZY_TRY(capture_digest(taken, digest));
    return zy_keys_index(c->call->env->keys, "face.frames", zy_str_bytes(digest, sizeof digest), c->frames);
}

zy_status face_compare_run(face_compare *c, zy_str capture_id, zy_err *err)
{
    zy_call *call = c->call;
    ZY_AUTO(capture_free) capture *taken = NULL;
    __attribute__((cleanup(job_wipe))) compare_job job = { .compare = c, .row = zy_id_next(call->env->ids) };
    if (capture_take(call->caller->channel_th, capture_id, call->now, &c->use, &taken) != ZY_OK)
        return zy_fail(err, ZY_CHALLENGE_BAD, "value", "no complete capture for this");
    ZY_TRY(describe(c, taken));
    ZY_TRY(make_keys(call, &c->use, &job.keys));
    ZY_TRY(zy_db_run(call->env->db, "face.take", take_unit, &job, err));
    if (job.locked && !is_reset(&c->use))
        return zy_fail(err, ZY_LOCKED, NULL, "too many faces were wrong");
    ZY_TRY(zy_db_read(call->env->db, "face.who", read_who, &job, err));
    return judge(&job, taken, err);
}

/* --- evidence --- */

/* Keyed, over all that was decided and what it was decided for: what stands in the evidence cannot be put together later. */
static zy_status seal_of(zy_env *env, zy_id customer, const uint8_t digest[ZY_SM3_BYTES], const zy_json *evidence,
                         char out[2 * ZY_SM3_BYTES + 1])
{
    char id[ZY_ID_TEXT_MAX], text[2 * ZY_SM3_BYTES + 1];
    uint8_t mac[ZY_SM3_BYTES];
    zy_str number = { 0 }, actions = { 0 }, frames = { 0 };
    int64_t score = -1;
    ZY_AUTO_BUF all = { 0 };
    if (!zy_json_str(evidence, "number", &number) || !zy_json_str(evidence, "actions", &actions) ||
        !zy_json_str(evidence, "frames", &frames) || !zy_json_int(evidence, "score", &score))
        return ZY_SIGNATURE_BAD;
    zy_id_format(customer, id);
    zy_hex_encode(digest, ZY_SM3_BYTES, text);
    zy_buf_fmt(&all, "%s\n%s\n" ZY_STR_FMT "\n" ZY_STR_FMT "\n" ZY_STR_FMT "\n%lld", id, text, ZY_STR_ARG(number),
               ZY_STR_ARG(actions), ZY_STR_ARG(frames), (long long)score);
    if (zy_buf_failed(&all))
        return ZY_NO_MEMORY;
    ZY_TRY(zy_keys_index(env->keys, "face.evidence", zy_buf_view(&all), mac));
    zy_hex_encode(mac, sizeof mac, out);
    return ZY_OK;
}

zy_status face_evidence_write(zy_env *env, const face_compare *c, zy_json *evidence)
{
    char frames[2 * ZY_SM3_BYTES + 1], seal[2 * ZY_SM3_BYTES + 1];
    zy_hex_encode(c->frames, sizeof c->frames, frames);
    zy_json_set_c(evidence, "number", c->verdict.number);
    zy_json_set_int(evidence, "score", c->verdict.score);
    zy_json_set_c(evidence, "actions", c->actions);
    zy_json_set_c(evidence, "frames", frames);
    ZY_TRY(seal_of(env, c->use.customer, c->use.digest, evidence, seal));
    zy_json_set_c(evidence, "seal", seal);
    return ZY_OK;
}

zy_status face_evidence_check(zy_env *env, zy_id customer, const uint8_t digest[ZY_SM3_BYTES], const zy_json *evidence)
{
    char want[2 * ZY_SM3_BYTES + 1];
    zy_str seal = { 0 };
    ZY_TRY(seal_of(env, customer, digest, evidence, want));
    bool same = zy_json_str(evidence, "seal", &seal) && seal.n == sizeof want - 1 && zy_ct_equal(seal.p, want, sizeof want - 1);
    return same ? ZY_OK : ZY_SIGNATURE_BAD;
}
