/* People as rows: made, sealed, named. */
#include "office/staff/staff.h"

#include <stdlib.h>
#include <string.h>

#include "office/staff/staff_internal.h"

/* --- rows --- */

struct zy_staff_row {
    char user[64], name[64], role[32];
    uint8_t password[ZY_PASSWORD_RECORD_BYTES], totp[STAFF_TOTP_BYTES];
};

void zy_staff_row_free(zy_staff_row *row)
{
    if (row == NULL)
        return;
    zy_wipe(row, sizeof *row);
    free(row);
}

zy_status staff_user_normal(zy_str typed, char out[64])
{
    ZY_TRY(zy_str_copy(typed, out, 64));
    for (char *c = out; *c != '\0'; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    return ZY_OK;
}

static zy_status fill_row(zy_env *env, const zy_staff_new *s, zy_staff_row *row, zy_err *err)
{
    if (s->user.n == 0 || staff_user_normal(s->user, row->user) != ZY_OK)
        return zy_fail(err, ZY_BAD_FIELD, "user", "1 to 63 bytes");
    if (s->name.n == 0 || zy_str_copy(s->name, row->name, sizeof row->name) != ZY_OK)
        return zy_fail(err, ZY_BAD_FIELD, "name", "1 to 63 bytes");
    if (zy_str_copy(s->role, row->role, sizeof row->role) != ZY_OK || staff_role_find(row->role) < 0)
        return zy_fail(err, ZY_BAD_FIELD, "role", "no such role");
    ZY_AUTO_PERSON person = { 0 };
    memcpy(person.alias, row->user, sizeof row->user);
    memcpy(person.name, row->name, sizeof row->name);
    ZY_TRY(staff_password_rules(env, s->password, &person, "password", err));
    memcpy(row->totp, s->totp_secret, sizeof row->totp);
    return zy_password_make(env->keys, s->password, s->password_rounds, row->password);
}

zy_status zy_staff_prepare(zy_env *env, const zy_staff_new *staff, zy_staff_row **ret_row, zy_err *err)
{
    ZY_AUTO(zy_staff_row_free) zy_staff_row *row = calloc(1, sizeof *row);
    if (row == NULL)
        return ZY_NO_MEMORY;
    ZY_TRY(fill_row(env, staff, row, err));
    *ret_row = ZY_STEAL(row);
    return ZY_OK;
}

zy_cell staff_cell(const char *column, zy_id staff)
{
    return (zy_cell){ "staff", column, staff };
}

zy_status staff_seal(zy_env *env, zy_key_purpose purpose, zy_cell cell, const void *plain, size_t n, uint8_t *out, size_t size,
                     size_t *ret_n)
{
    ZY_AUTO_BUF sealed = { 0 };
    ZY_TRY(zy_keys_seal(env->keys, purpose, cell, plain, n, &sealed));
    if (sealed.n > size)
        return ZY_INTERNAL;
    memcpy(out, sealed.p, sealed.n);
    *ret_n = sealed.n;
    return ZY_OK;
}

zy_status zy_staff_insert(zy_tx *tx, zy_env *env, const zy_staff_row *row, zy_id *ret_staff, zy_err *err)
{
    staff_row r = { .id = zy_id_next(env->ids), .enrolled = true, .created_at = zy_env_now(env) };
    memcpy(r.user, row->user, sizeof r.user);
    memcpy(r.role, row->role, sizeof r.role);
    memcpy(r.password, row->password, sizeof r.password);
    ZY_TRY(staff_seal(env, ZY_KEY_FIELD, staff_cell("name", r.id), row->name, strlen(row->name), r.name, sizeof r.name,
                      &r.name_n));
    ZY_TRY(staff_seal(env, ZY_KEY_TOKEN, staff_cell("totp", r.id), row->totp, sizeof row->totp, r.totp, sizeof r.totp,
                      &r.totp_n));
    ZY_TRY(staff_insert(tx, &r, err));
    *ret_staff = r.id;
    return ZY_OK;
}

zy_status staff_open_name(zy_env *env, const staff_row *row, char *out, size_t size)
{
    ZY_AUTO_SECRET_BUF plain = { 0 };
    ZY_TRY(zy_keys_open_cell(env->keys, ZY_KEY_FIELD, staff_cell("name", row->id), row->name, row->name_n, &plain));
    return zy_str_copy(zy_buf_view(&plain), out, size);
}

zy_status zy_staff_name(zy_rtx *rtx, zy_env *env, zy_id staff, char *out, size_t size, zy_err *err)
{
    staff_row row;
    out[0] = '\0';
    zy_status status = staff.v != 0 ? staff_by_id(rtx, staff, &row, err) : ZY_NOT_FOUND;
    if (status == ZY_NOT_FOUND)
        return ZY_OK;
    ZY_TRY(status);
    return staff_open_name(env, &row, out, size);
}
