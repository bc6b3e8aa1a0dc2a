/* Customers: identity data sealed and apart, blind indexes for what they log in with. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/identity/identity_repo.h"
#include "service/identity/tries.h"

struct zy_customer_row {
    char name[200], phone[32], id_no[32], customer_no[32], alias[64];
    uint8_t login_record[ZY_PASSWORD_RECORD_BYTES], pay_record[ZY_PASSWORD_RECORD_BYTES];
    bool must_change, counter_only;
};

void zy_person_wipe(zy_person *p)
{
    zy_wipe(p, sizeof *p);
}

void zy_customer_row_free(zy_customer_row *row)
{
    if (row == NULL)
        return;
    zy_wipe(row, sizeof *row);
    free(row);
}

/* One spelling for one name: ASCII letters become small. */
static zy_status normal_name(zy_str typed, char out[64])
{
    ZY_TRY(zy_str_copy(typed, out, 64));
    for (char *c = out; *c != '\0'; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    return ZY_OK;
}

zy_status zy_login_name_index(zy_env *env, zy_str typed, uint8_t out[ZY_SM3_BYTES])
{
    char normal[64];
    ZY_TRY(normal_name(typed, normal));
    return zy_keys_index(env->keys, "login_name", zy_str_of(normal), out);
}

static zy_status take_password(zy_env *env, const uint8_t *record, const zy_secret *secret, unsigned rounds,
                               uint8_t out[ZY_PASSWORD_RECORD_BYTES])
{
    if (record == NULL)
        return zy_password_make(env->keys, secret, rounds, out);
    memcpy(out, record, ZY_PASSWORD_RECORD_BYTES);
    return ZY_OK;
}

static zy_status fill_row(zy_env *env, const zy_customer_new *c, zy_customer_row *row)
{
    ZY_TRY(zy_str_copy(c->name, row->name, sizeof row->name));
    ZY_TRY(zy_str_copy(c->phone, row->phone, sizeof row->phone));
    ZY_TRY(zy_str_copy(c->id_no, row->id_no, sizeof row->id_no));
    ZY_TRY(zy_str_copy(c->customer_no, row->customer_no, sizeof row->customer_no));
    ZY_TRY(normal_name(c->alias, row->alias));
    row->counter_only = c->counter_only;
    if (c->counter_only)
        return ZY_OK;
    ZY_TRY(take_password(env, c->login_record, c->login_password, c->password_rounds, row->login_record));
    ZY_TRY(take_password(env, c->pay_record, c->pay_password, c->password_rounds, row->pay_record));
    row->must_change = c->must_change_password;
    return ZY_OK;
}

zy_status zy_customer_prepare(zy_env *env, const zy_customer_new *customer, zy_customer_row **ret_row, zy_err *err)
{
    zy_customer_row *row = calloc(1, sizeof *row);
    if (row == NULL)
        return ZY_NO_MEMORY;
    zy_status status = fill_row(env, customer, row);
    if (status != ZY_OK) {
        zy_customer_row_free(row);
        return zy_fail(err, status, NULL, "customer data that does not fit");
    }
    *ret_row = row;
    return ZY_OK;
}

/* The protected columns of a customer, in the order of identity_cells. */
enum { CELL_NAME, CELL_PHONE, CELL_ID_NO, CELL_CUSTOMER_NO, CELL_ALIAS, CELLS };
static const char *const CELL_COLUMNS[CELLS] = { "name", "phone", "id_no", "customer_no", "alias" };

static zy_cell cell_of(zy_id customer, int column)
{
    return (zy_cell){ "customer_identity", CELL_COLUMNS[column], customer };
}

static zy_status insert_identity(zy_tx *tx, zy_env *env, zy_id id, const zy_customer_row *row, zy_err *err)
{
    const char *const plain[CELLS] = { row->name, row->phone, row->id_no, row->customer_no, row->alias };
    zy_buf sealed[CELLS] = { { 0 } };
    uint8_t id_no_index[ZY_SM3_BYTES];
    zy_status status = zy_keys_index(env->keys, "id_no", zy_str_of(row->id_no), id_no_index);
    for (int i = 0; i < CELLS && status == ZY_OK; i++)
        status = zy_keys_seal(env->keys, ZY_KEY_FIELD, cell_of(id, i), plain[i], strlen(plain[i]), &sealed[i]);
    if (status == ZY_OK) {
        const identity_cells cells = { zy_buf_view(&sealed[0]), zy_buf_view(&sealed[1]), zy_buf_view(&sealed[2]),
                                       zy_buf_view(&sealed[3]), zy_buf_view(&sealed[4]) };
        status = customer_identity_insert(tx, id, &cells, id_no_index, err);
    }
    for (int i = 0; i < CELLS; i++)
        zy_buf_free(&sealed[i]);
    return status;
}

static zy_status insert_name(zy_tx *tx, zy_env *env, zy_id id, const char *kind, const char *name, zy_err *err)
{
    uint8_t index[ZY_SM3_BYTES];
    if (*name == '\0')
        return ZY_OK;
    ZY_TRY(zy_login_name_index(env, zy_str_of(name), index));
    return login_name_insert(tx, id, kind, index, err);
}

zy_status zy_customer_insert(zy_tx *tx, zy_env *env, const zy_customer_row *row, zy_id *ret_customer, zy_err *err)
{
    zy_id id = zy_id_next(env->ids);
    zy_time now = zy_env_now(env);
    ZY_TRY(customer_insert(tx, id, row->counter_only ? "counter" : "active", row->must_change, now, err));
    ZY_TRY(insert_identity(tx, env, id, row, err));
    *ret_customer = id;
    if (row->counter_only)
        return ZY_OK;
    ZY_TRY(insert_name(tx, env, id, "phone", row->phone, err));
    ZY_TRY(insert_name(tx, env, id, "customer_no", row->customer_no, err));
    ZY_TRY(insert_name(tx, env, id, "alias", row->alias, err));
    ZY_TRY(credential_insert(tx, id, "login", row->login_record, now, err));
    return credential_insert(tx, id, "pay", row->pay_record, now, err);
}

static zy_status open_cell(zy_env *env, zy_id customer, int column, zy_str sealed, char *out, size_t size)
{
    ZY_AUTO_SECRET_BUF plain = { 0 };
    ZY_TRY(zy_keys_open_cell(env->keys, ZY_KEY_FIELD, cell_of(customer, column), sealed.p, sealed.n, &plain));
    return zy_str_copy(zy_buf_view(&plain), out, size);
}

zy_status zy_customer_person(zy_rtx *rtx, zy_env *env, zy_id customer, zy_person *p, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    identity_cells c;
    ZY_TRY(customer_identity_find(rtx, customer, &stmt, &c, err));
    ZY_TRY(open_cell(env, customer, CELL_NAME, c.name, p->name, sizeof p->name));
    ZY_TRY(open_cell(env, customer, CELL_PHONE, c.phone, p->phone, sizeof p->phone));
    ZY_TRY(open_cell(env, customer, CELL_ID_NO, c.id_no, p->id_no, sizeof p->id_no));
    ZY_TRY(open_cell(env, customer, CELL_CUSTOMER_NO, c.customer_no, p->customer_no, sizeof p->customer_no));
    return open_cell(env, customer, CELL_ALIAS, c.alias, p->alias, sizeof p->alias);
}

/* The row is looked for, and as many cells are worked on. */
zy_status zy_customer_nobody(zy_rtx *rtx, zy_env *env, zy_err *err)
{
    static const char NOBODY[] = "110101199003077";
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    identity_cells c;
    zy_status status = customer_identity_find(rtx, (zy_id){ 0 }, &stmt, &c, err);
    for (int i = 0; i < CELLS && status == ZY_NOT_FOUND; i++) {
        ZY_AUTO_BUF sealed = { 0 };
        ZY_TRY(zy_keys_seal(env->keys, ZY_KEY_FIELD, cell_of((zy_id){ 0 }, i), NOBODY, sizeof NOBODY - 1, &sealed));
    }
    return status == ZY_NOT_FOUND ? ZY_OK : status;
}

/* --- for the console --- */

zy_status zy_identity_figures(zy_rtx *rtx, zy_time since, int64_t *ret_customers, int64_t *ret_logins, zy_err *err)
{
    ZY_TRY(customer_count(rtx, ret_customers, err));
    return login_count(rtx, since, ret_logins, err);
}

static zy_status find_customer(zy_rtx *rtx, zy_env *env, zy_str q, zy_id *ret_customer, zy_err *err)
{
    uint8_t index[ZY_SM3_BYTES];
    if (zy_login_name_index(env, q, index) != ZY_OK)
        return ZY_NOT_FOUND;
    zy_status status = login_name_find(rtx, index, ret_customer, err);
    if (status != ZY_NOT_FOUND)
        return status;
    ZY_TRY(zy_keys_index(env->keys, "id_no", q, index));
    return id_no_find(rtx, index, ret_customer, err);
}

static void set_masked(zy_json *o, const char *key, void (*mask)(zy_str, char *), const char *value)
{
    char masked[ZY_MASK_MAX];
    mask(zy_str_of(value), masked);
    zy_json_set_c(o, key, masked);
}

static zy_status push_customer(zy_rtx *rtx, zy_env *env, const zy_stmt *row, zy_json *ret_array, zy_err *err)
{
    ZY_AUTO_PERSON p = { 0 };
    zy_id id = zy_col_id(row, 0);
    bool locked = false;
    zy_json *o = zy_json_object();
    zy_json_push(ret_array, o);
    zy_json_set_id(o, "customer_id", id);
    zy_json_set_str(o, "state", zy_col_text(row, 1));
    zy_json_set_int(o, "created_at", zy_col_int(row, 2));
    zy_json_set_str(o, "scope", zy_col_text(row, 3));
    ZY_TRY(zy_tries_locked(rtx, env, id, &locked, err));
    ZY_TRY(zy_customer_person(rtx, env, id, &p, err));
    zy_json_set_bool(o, "locked", locked);
    zy_json_set_c(o, "customer_no", p.customer_no);
    set_masked(o, "name", zy_mask_name, p.name);
    set_masked(o, "phone", zy_mask_phone, p.phone);
    set_masked(o, "id_no", zy_mask_id_no, p.id_no);
    return ZY_OK;
}

zy_status zy_customer_search(zy_rtx *rtx, zy_env *env, zy_str q, zy_id before, int limit, zy_json *ret_array, zy_id *ret_next,
                             zy_err *err)
{
    zy_id only = { 0 }, last = { 0 };
    *ret_next = (zy_id){ 0 };
    if (q.n > 0) {
        zy_status status = find_customer(rtx, env, q, &only, err);
        if (status != ZY_OK)
            return status == ZY_NOT_FOUND ? ZY_OK : status;
    }
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    ZY_TRY(customer_page(rtx, only, before, limit, &rows, err));
    int count = 0;
    for (bool more = true;; count++) {
        ZY_TRY(zy_stmt_next(rows, &more, err));
        if (!more)
            break;
        last = zy_col_id(rows, 0);
        ZY_TRY(push_customer(rtx, env, rows, ret_array, err));
    }
    if (only.v == 0 && count == limit)
        *ret_next = last;
    return ZY_OK;
}
