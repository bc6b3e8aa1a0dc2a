/* register.start: who are you? Name, identity number, card number, card PIN and the phone left with the bank must all belong
 * together; what does not fit is never told. */
#include <string.h>

#include "bank/registration/registration_internal.h"
#include "service/audit/audit.h"
#include "service/identity/captcha.h"
#include "service/identity/hash_pool.h"
#include "service/identity/session.h"
#include "service/identity/tries.h"


/* What is counted, in the order in which everybody takes it. What was typed is given back to whoever was right. */
enum { BY_ADDRESS, BY_DEVICE, BY_PHONE, BY_CARD, BY_ID, COUNTED };
#define TYPED_FIRST BY_PHONE
static const zy_try_source SOURCES[COUNTED] = { ZY_FROM_REGISTER_ADDRESS, ZY_FROM_REGISTER_DEVICE, ZY_FROM_REGISTER_PHONE,
                                                ZY_FROM_REGISTER_CARD, ZY_FROM_REGISTER_ID };

typedef struct start_job {
    zy_call *call;
    const register_start_in *in;
    zy_secret numbers; /* what `form` points into */
    register_form form;
    zy_id_no id_no;
    zy_device device;
    uint8_t keys[COUNTED][ZY_SM3_BYTES], phone_index[ZY_SM3_BYTES];
    uint8_t nobodys_pin[ZY_PASSWORD_RECORD_BYTES];
    zy_card card;
    zy_person person;
    bool locked, known, waits; /* known: all but the PIN fits */
    zy_screening_result screening;
    registration_row row;
} start_job;

static void start_job_wipe(start_job *job)
{
    zy_wipe(job, sizeof *job);
}

/* --- limits --- */

static zy_status make_keys(start_job *job)
{
    zy_env *env = job->call->env;
    char network[ZY_NETWORK_TEXT_MAX];
    const zy_str values[COUNTED] = {
        [BY_ADDRESS] = zy_network_of(job->call->caller->address, network), [BY_DEVICE] = zy_str_of(job->device.device_id),
        [BY_PHONE] = job->form.phone, [BY_CARD] = job->form.card_no, [BY_ID] = zy_str_of(job->id_no.text),
    };
    for (int i = 0; i < COUNTED; i++)
        ZY_TRY(zy_try_source_key(env, SOURCES[i], values[i], job->keys[i]));
    return zy_card_phone_index(env, job->form.phone, job->phone_index);
}

/* Counted before anything is looked at, so that many at the same time cannot slip through. */
static zy_status take_tries(zy_tx *tx, void *arg, zy_err *err)
{
    start_job *job = arg;
    job->locked = false;
    for (int i = 0; i < COUNTED && !job->locked; i++)
        ZY_TRY(zy_try_source_take(tx, job->call->env, SOURCES[i], job->keys[i], job->call->now, &job->locked, err));
    return ZY_OK;
}

static zy_status give_back_typed(zy_tx *tx, const start_job *job, zy_err *err)
{
    for (int i = TYPED_FIRST; i < COUNTED; i++)
        ZY_TRY(zy_try_forgive(tx, job->keys[i], job->call->now, err));
    return ZY_OK;
}

/* --- do they belong together? --- */

static zy_status may_be_missing(zy_status status, bool *ret_found)
{
    *ret_found = status == ZY_OK;
    return status == ZY_NOT_FOUND ? ZY_OK : status;
}

static bool may_register(const zy_standing *s)
{
    return strcmp(s->state, "counter") == 0 || strcmp(s->state, "cancelled") == 0;
}

static zy_status read_holder(zy_rtx *rtx, start_job *job, zy_id customer, bool *ret_fits, zy_err *err)
{
    zy_standing standing;
    ZY_TRY(zy_customer_standing(rtx, customer, &standing, err));
    ZY_TRY(zy_customer_person(rtx, job->call->env, customer, &job->person, err));
    ZY_TRY(registration_waits(rtx, customer, job->call->now, &job->waits, err));
    *ret_fits = zy_same_name(zy_str_of(job->person.name), job->form.name) && may_register(&standing);
    return ZY_OK;
}

/* The same reads where the identity number is nobody's. */
static zy_status read_nobody(zy_rtx *rtx, const start_job *job, zy_err *err)
{
    zy_standing standing;
    bool found = false, waits = false;
    const zy_id nobody = { 0 };
    ZY_TRY(may_be_missing(zy_customer_standing(rtx, nobody, &standing, err), &found));
    ZY_TRY(zy_customer_nobody(rtx, job->call->env, err));
    return registration_waits(rtx, nobody, job->call->now, &waits, err);
}

static zy_status look_up(zy_rtx *rtx, void *arg, zy_err *err)
{
    start_job *job = arg;
    zy_env *env = job->call->env;
    zy_id customer = { 0 };
    bool has_holder = false, has_card = false, fits = false;
    ZY_TRY(may_be_missing(zy_customer_by_id_no(rtx, env, zy_str_of(job->id_no.text), &customer, err), &has_holder));
    ZY_TRY(may_be_missing(zy_card_find(rtx, env, job->form.card_no, &job->card, err), &has_card));
    ZY_TRY(has_holder ? read_holder(rtx, job, customer, &fits, err) : read_nobody(rtx, job, err));
    if (!has_card)
        memcpy(job->card.pin_record, job->nobodys_pin, sizeof job->card.pin_record);
    bool same_phone = zy_ct_equal(job->card.phone_index, job->phone_index, sizeof job->phone_index);
    job->known = has_holder && has_card && fits && job->card.usable && zy_id_eq(job->card.customer, customer) && same_phone;
    return ZY_OK;
}

/* The same work whatever fits: the reads, and one hash. */
static zy_status identify(start_job *job, const zy_secret *pin, zy_err *err)
{
    zy_env *env = job->call->env;
    ZY_TRY(zy_password_dummy(env->keys, (unsigned)zy_config_int(env->config, "password.iterations"), job->nobodys_pin));
    ZY_TRY(make_keys(job));
    ZY_TRY(zy_db_run(env->db, "register.tries", take_tries, job, err));
    if (job->locked)
        return zy_fail(err, ZY_LOCKED, NULL, "too many registrations with what was typed, or from there");
    ZY_TRY(zy_db_read(env->db, "register.look_up", look_up, job, err));
    zy_status status = zy_hash_pool_check(env->keys, pin, job->card.pin_record, err);
    if (status != ZY_OK && status != ZY_FACTOR_WRONG)
        return status;
    return status == ZY_OK && job->known ? ZY_OK : zy_fail(err, ZY_REGISTER_FAILED, NULL, "what was typed does not belong together");
}

/* --- may he? --- */

static zy_status audit_start(zy_tx *tx, const start_job *job, const char *event, zy_status result, zy_err *err)
{
    const zy_caller *caller = job->call->caller;
    ZY_AUTO(zy_json_free) zy_json *detail = zy_json_object();
    ZY_AUTO_BUF text = { 0 };
    zy_json_set_c(detail, "consent", job->row.consent);
    zy_json_set_c(detail, "grade", job->row.grade);
    zy_json_set_c(detail, "reference", job->row.reference);
    zy_json_write(detail, &text);
    const zy_audit record = { .event = event, .actor_kind = "anonymous", .object_kind = "customer", .object = job->card.customer,
                              .address = caller->address, .device = zy_str_of(caller->device_id),
                              .trace = zy_str_of(job->call->trace), .result = zy_str_of(zy_status_name(result)),
                              .detail = zy_buf_view(&text) };
    return zy_audit_add(tx, job->call->env, &record, NULL, err);
}

static zy_status blacklisted_unit(zy_tx *tx, void *arg, zy_err *err)
{
    return audit_start(tx, arg, "register.blacklisted", ZY_REGISTER_COUNTER, err);
}

/* Without an answer nobody is let in. */
static zy_status screen(start_job *job, zy_err *err)
{
    zy_env *env = job->call->env;
    zy_screening_result *r = &job->screening;
    zy_status status = zy_screening_ask(env->screening, zy_str_of(job->person.name), zy_str_of(job->id_no.text), job->call->now, r, err);
    if (status != ZY_OK)
        return status;
    ZY_TRY(zy_str_copy(zy_str_of(zy_aml_grade_name(r->grade)), job->row.grade, sizeof job->row.grade));
    ZY_TRY(zy_str_copy(zy_str_of(r->reference), job->row.reference, sizeof job->row.reference));
    if (!r->blacklisted)
        return ZY_OK;
    ZY_TRY(zy_db_run(env->db, "register.blacklisted", blacklisted_unit, job, err));
    return zy_fail(err, ZY_REGISTER_COUNTER, NULL, "cannot be done alone");
}

static zy_status start_unit(zy_tx *tx, void *arg, zy_err *err)
{
    start_job *job = arg;
    ZY_TRY(give_back_typed(tx, job, err));
    ZY_TRY(registration_insert(tx, job->call->env, &job->row, err));
    return audit_start(tx, job, "register.started", ZY_OK, err);
}

static zy_status fill_row(start_job *job)
{
    uint8_t random[16];
    registration_row *r = &job->row;
    const zy_call *call = job->call;
    ZY_TRY(zy_random(random, sizeof random));
    zy_base64url_encode(random, sizeof random, r->token);
    r->id = zy_id_next(call->env->ids);
    r->customer = job->card.customer;
    r->account = job->card.account;
    r->created_at = call->now;
    r->expires_at = zy_time_add(call->now, REGISTRATION_LIFE);
    zy_identity_hooks_now()->session_digest(call->caller, r->session_digest);
    memcpy(r->device_id, job->device.device_id, sizeof r->device_id);
    return zy_str_copy(job->form.phone, r->phone, sizeof r->phone);
}

/* What costs nothing and tells nothing comes first: the captcha is not spent on a slip of the finger. */
static zy_status check_input(start_job *job, zy_err *err)
{
    const register_start_in *in = job->in;
    if (!zy_str_eq_c(in->privacy_version, ZY_PRIVACY_VERSION))
        return zy_fail(err, ZY_BAD_FIELD, "privacy_version", "another text than the one in force");
    ZY_TRY(zy_str_copy(in->privacy_version, job->row.consent, sizeof job->row.consent));
    job->form.name = in->name;
    ZY_TRY(zy_secret_take(job->call, &in->numbers, ZY_SECRET_NUMBERS, &job->numbers, err));
    ZY_TRY(registration_read_numbers(zy_str_bytes(job->numbers.bytes, job->numbers.n), &job->form, err));
    ZY_TRY(registration_check_form(job->call->env, &job->form, &job->id_no, err));
    ZY_TRY(zy_device_prove(job->call, &in->device, &job->device, err));
    memcpy(job->call->caller->device_id, job->device.device_id, sizeof job->call->caller->device_id);
    return zy_captcha_check(job->call->caller->channel_th, in->captcha.captcha_id, in->captcha.text, job->call->now);
}

zy_status register_start_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    __attribute__((cleanup(start_job_wipe))) start_job job = { .call = call, .in = input };
    ZY_AUTO_SECRET pin = { .n = 0 };
    ZY_TRY(check_input(&job, err));
    ZY_TRY(zy_secret_take(call, &job.in->card_pin, ZY_SECRET_CARD_PIN, &pin, err));
    ZY_TRY(identify(&job, &pin, err));
    if (job.waits)
        return zy_fail(err, ZY_REGISTER_WAITING, NULL, "the head office has not decided yet");
    ZY_TRY(screen(&job, err));
    ZY_TRY(fill_row(&job));
    ZY_TRY(zy_db_run(call->env->db, "register.start", start_unit, &job, err));
    char phone[ZY_MASK_MAX];
    zy_mask_phone(zy_str_of(job.row.phone), phone);
    zy_json_set_c(body, "registration_id", job.row.token);
    zy_json_set_c(body, "phone", phone);
    zy_json_set_int(body, "expires_at", job.row.expires_at.ms);
    zy_carrier_tell(call->env, body);
    return ZY_OK;
}
