/* phone.lookup: whom a number leads to. The account stays here; what goes out is a masked name, the bank, four digits and a token. */
#include <string.h>

#include "bank/directory/directory.h"
#include "bank/phonepay/phonepay_internal.h"
#include "service/audit/audit.h"
#include "service/identity/standing.h"
#include "service/param/param.h"

static const zy_param_row PARAMS[] = {
    { "phonepay.lookups_per_day", 50, 1, 1000, "", "每日按手机号查询收款人次数", "Phone numbers that a customer may ask for in a day" },
    { "phonepay.payee_minutes", 10, 1, 30, "min", "手机号收款人有效时长", "How long a payee found by phone number may be paid" },
};

void zy_phonepay_payee_wipe(zy_phonepay_payee *payee)
{
    zy_wipe(payee, sizeof *payee);
}

typedef struct lookup_job {
    zy_call *call;
    zy_str phone;
    uint8_t index[ZY_SM3_BYTES];
    bool found;
    zy_phonepay_payee payee;
    payee_row row;
    zy_str sealed;
} lookup_job;

static void lookup_job_wipe(lookup_job *job)
{
    zy_wipe(job, sizeof *job);
}

/* ---- what is kept ---- */

static zy_cell cell_of(zy_id id)
{
    return (zy_cell){ "phone_payee", "content", id };
}

static const struct {
    const char *name;
    size_t offset, size;
} MEMBERS[] = {
    { "bank", offsetof(zy_phonepay_payee, bank), sizeof((zy_phonepay_payee *)0)->bank },
    { "number", offsetof(zy_phonepay_payee, number), sizeof((zy_phonepay_payee *)0)->number },
    { "name", offsetof(zy_phonepay_payee, name), sizeof((zy_phonepay_payee *)0)->name },
    { "phone", offsetof(zy_phonepay_payee, phone), sizeof((zy_phonepay_payee *)0)->phone },
};

static zy_status payee_seal(zy_env *env, zy_id id, const zy_phonepay_payee *payee, zy_buf *ret_sealed)
{
    ZY_AUTO(zy_json_free) zy_json *content = zy_json_object();
    ZY_AUTO_SECRET_BUF plain = { 0 };
    zy_json_set_bool(content, "own", payee->own);
    for (size_t i = 0; i < ZY_COUNT(MEMBERS); i++)
        zy_json_set_c(content, MEMBERS[i].name, (const char *)payee + MEMBERS[i].offset);
    zy_json_write(content, &plain);
    return zy_keys_seal(env->keys, ZY_KEY_FIELD, cell_of(id), plain.p, plain.n, ret_sealed);
}

static zy_status payee_open(zy_env *env, zy_id id, zy_str sealed, zy_phonepay_payee *payee)
{
    ZY_AUTO_SECRET_BUF plain = { 0 };
    ZY_AUTO(zy_json_free) zy_json *content = NULL;
    ZY_TRY(zy_keys_open_cell(env->keys, ZY_KEY_FIELD, cell_of(id), sealed.p, sealed.n, &plain));
    ZY_TRY(zy_json_parse(zy_buf_view(&plain), &content));
    if (!zy_json_bool(content, "own", &payee->own))
        return ZY_INTERNAL;
    for (size_t i = 0; i < ZY_COUNT(MEMBERS); i++) {
        zy_str value;
        if (!zy_json_str(content, MEMBERS[i].name, &value))
            return ZY_INTERNAL;
        ZY_TRY(zy_str_copy(value, (char *)payee + MEMBERS[i].offset, MEMBERS[i].size));
    }
    return ZY_OK;
}

zy_status zy_phonepay_payee_find(zy_rtx *rtx, zy_env *env, zy_id customer, zy_id login, zy_str token, zy_phonepay_payee *ret_payee,
                                 zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    payee_row asked = { .customer = customer, .login = login };
    zy_status status = zy_id_parse(token, &asked.id);
    if (status == ZY_OK)
        status = phone_payee_select(rtx, &asked, zy_env_now(env), &row, NULL);
    if (status == ZY_BAD_FIELD || status == ZY_NOT_FOUND)
        return zy_fail(err, ZY_NOT_FOUND, "payee_token", "no such payee of this login, or it is over");
    if (status == ZY_OK)
        status = payee_open(env, asked.id, zy_col_blob(row, 0), ret_payee);
    return status == ZY_OK ? ZY_OK : zy_fail(err, status, "payee_token", "the content of a payee");
}

/* ---- phone.lookup ---- */

static zy_status count_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const lookup_job *job = arg;
    const zy_call *call = job->call;
    return lookup_count(tx, call->caller->customer, zy_day_of(call->now), zy_param_get(call->env, "phonepay.lookups_per_day"), err);
}

static zy_status put_payee(lookup_job *job, bool own, zy_str bank, zy_str number, zy_str name)
{
    zy_phonepay_payee *p = &job->payee;
    job->found = true;
    p->own = own;
    zy_mask_phone(job->phone, p->phone);
    ZY_TRY(zy_str_copy(bank, p->bank, sizeof p->bank));
    ZY_TRY(zy_str_copy(number, p->number, sizeof p->number));
    return zy_str_copy(name, p->name, sizeof p->name);
}

/* A number that is bound here is found here, when its account can still be paid to. */
static zy_status own_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    lookup_job *job = arg;
    zy_env *env = job->call->env;
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    BINDING_AUTO b = { 0 };
    ZY_AUTO_ACCOUNT account = { 0 };
    ZY_AUTO_PERSON owner = { 0 };
    zy_str sealed;
    zy_status status = binding_by_index(rtx, job->index, &b, &row, &sealed, NULL);
    if (status == ZY_NOT_FOUND || (status == ZY_OK && strcmp(b.state, "bound") != 0))
        return ZY_OK;
    if (status != ZY_OK)
        return zy_fail(err, status, NULL, "a bound number");
    ZY_TRY(binding_open(env, sealed, &b, err));
    ZY_TRY(zy_account_by_number(rtx, env, zy_str_of(b.number), &account, err));
    ZY_TRY(zy_customer_person(rtx, env, b.customer, &owner, err));
    if (strcmp(account.state, "closed") == 0)
        return ZY_OK;
    return put_payee(job, true, zy_bank_own_code(env), zy_str_of(b.number), zy_str_of(owner.name));
}

static zy_status scope_and_own_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    lookup_job *job = arg;
    job->found = false;
    ZY_TRY(zy_customer_needs_full(rtx, job->call->caller->customer, err)); /* who may not pay others learns nothing of them */
    return own_read(rtx, job, err);
}

/* What the house says of this bank's own accounts does not count: this bank knows them better. */
static zy_status ask_house(lookup_job *job, zy_err *err)
{
    zy_env *env = job->call->env;
    zy_clearing_account account = { 0 };
    if (env->clearing == NULL)
        return ZY_OK;
    zy_status status = zy_clearing_lookup_phone(env->clearing, job->phone, job->call->now, &account, err);
    zy_str bank = zy_str_of(account.bank);
    if (status == ZY_OK && !zy_bank_is_own(env, bank) && zy_bank_by_code(bank) != NULL)
        status = put_payee(job, false, bank, zy_str_of(account.number), zy_str_of(account.name));
    zy_wipe(&account, sizeof account);
    return status == ZY_NOT_FOUND ? ZY_OK : status;
}

static zy_status keep_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const lookup_job *job = arg;
    const zy_call *call = job->call;
    const zy_caller *c = call->caller;
    const zy_audit record = { .event = "phone.looked_up", .actor_kind = "customer", .actor = c->customer, .object_kind = "payee",
                              .object = job->row.id, .address = c->address, .device = zy_str_of(c->device_id),
                              .trace = zy_str_of(call->trace), .result = ZY_STR("OK") };
    ZY_TRY(zy_audit_add(tx, call->env, &record, NULL, err));
    return phone_payee_insert(tx, &job->row, job->sealed, err);
}

static void answer(const lookup_job *job, zy_json *body)
{
    const zy_phonepay_payee *p = &job->payee;
    size_t n = strlen(p->number);
    zy_json_set_id(body, "payee_token", job->row.id);
    zy_json_set_c(body, "name", p->name);
    zy_json_set_c(body, "bank_code", p->bank);
    zy_json_set_str(body, "bank_name", zy_bank_name_of(job->call->env, p->own ? (zy_str){ 0 } : zy_str_of(p->bank)));
    zy_json_set_c(body, "tail", p->number + (n > 4 ? n - 4 : 0));
    zy_json_set_bool(body, "own", p->own);
    zy_json_set_int(body, "expires_at", job->row.expires_at.ms);
}

zy_status phone_lookup_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const lookup_in *in = input;
    zy_env *env = call->env;
    __attribute__((cleanup(lookup_job_wipe))) lookup_job job = { .call = call, .phone = in->phone };
    ZY_AUTO_BUF sealed = { 0 };
    ZY_TRY(zy_db_run(env->db, "phone.count", count_unit, &job, err));
    ZY_TRY(phone_index(env, in->phone, job.index));
    ZY_TRY(zy_db_read(env->db, "phone.lookup", scope_and_own_read, &job, err));
    if (!job.found)
        ZY_TRY(ask_house(&job, err));
    if (!job.found)
        return zy_fail(err, ZY_NOT_FOUND, "phone", "nobody is paid by this number");
    job.row = (payee_row){ .id = zy_id_next(env->ids), .customer = call->caller->customer, .login = call->caller->login,
                           .expires_at = zy_time_add(call->now, ZY_MINUTES(zy_param_get(env, "phonepay.payee_minutes"))) };
    ZY_TRY(payee_seal(env, job.row.id, &job.payee, &sealed));
    job.sealed = zy_buf_view(&sealed);
    ZY_TRY(zy_db_run(env->db, "phone.keep", keep_unit, &job, err));
    answer(&job, body);
    return ZY_OK;
}

/* ---- what is over ---- */

typedef struct expire_job {
    zy_time now;
    int max;
    int64_t dropped;
} expire_job;

static zy_status expire_unit(zy_tx *tx, void *arg, zy_err *err)
{
    expire_job *job = arg;
    return phone_payee_expire(tx, job->now, job->max, &job->dropped, err);
}

zy_status zy_phonepay_expire(zy_env *env, int max, int64_t *ret_done, zy_err *err)
{
    expire_job job = { .now = zy_env_now(env), .max = max };
    ZY_TRY(zy_db_run(env->db, "phonepay.expire", expire_unit, &job, err));
    *ret_done = job.dropped;
    return ZY_OK;
}

zy_status zy_phonepay_start(zy_env *env, zy_err *err)
{
    (void)env;
    zy_param_register(PARAMS, ZY_COUNT(PARAMS));
    bool registered = zy_flow_register(&PHONE_BIND_KIND) == ZY_OK && zy_flow_register(&PHONE_UNBIND_KIND) == ZY_OK;
    return registered ? ZY_OK : zy_fail(err, ZY_CONFIG_BAD, "", "too many kinds of orders");
}
