/* Who gets an account: one person, one account, a name of their own. */
#include <string.h>

#include "office/staff/staff_internal.h"

#define USER_MIN  4
#define USER_MAX  32
#define PHONE_LEN 11
#define ID_LEN    18

/* Names that several people share or that every break-in tries first; figures and marks at their end do not make them anybody's. */
static const char *const NOBODYS[] = {
    "admin", "administrator", "anonymous", "audit", "backup", "bank", "daemon", "default", "demo", "developer", "ftp", "guest",
    "help", "manager", "master", "monitor", "nobody", "operator", "oper", "oracle", "postgres", "public", "root", "security",
    "service", "share", "shared", "staff", "super", "superuser", "support", "sys", "sysadmin", "system", "teller", "temp", "test",
    "tester", "tmp", "user", "zhangyin",
};

static size_t stem_length(const char *user)
{
    size_t n = strlen(user);
    while (n > 0 && (user[n - 1] < 'a' || user[n - 1] > 'z'))
        n--;
    return n;
}

static bool is_nobodys(const char *user)
{
    size_t n = stem_length(user);
    for (size_t i = 0; i < ZY_COUNT(NOBODYS); i++)
        if (strlen(NOBODYS[i]) == n && memcmp(user, NOBODYS[i], n) == 0)
            return true;
    return n == 0; /* figures alone are no name */
}

/* GB 11643: 17 figures and a check character (ISO 7064, MOD 11-2). */
static bool id_no_fits(zy_str id_no)
{
    static const uint8_t WEIGHTS[ID_LEN - 1] = { 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2 };
    unsigned sum = 0;
    if (id_no.n != ID_LEN)
        return false;
    for (size_t i = 0; i < ID_LEN - 1; i++) {
        if (id_no.p[i] < '0' || id_no.p[i] > '9')
            return false;
        sum += (unsigned)(id_no.p[i] - '0') * WEIGHTS[i];
    }
    char last = id_no.p[ID_LEN - 1];
    return "10X98765432"[sum % 11] == (last == 'x' ? 'X' : last);
}

static bool phone_fits(zy_str phone)
{
    for (size_t i = 0; i < phone.n; i++)
        if (phone.p[i] < '0' || phone.p[i] > '9')
            return false;
    return phone.n == PHONE_LEN && phone.p[0] == '1';
}

static zy_status seal_field(zy_env *env, const char *column, zy_id id, zy_str plain, uint8_t *out, size_t size, size_t *ret_n)
{
    return staff_seal(env, ZY_KEY_FIELD, staff_cell(column, id), plain.p, plain.n, out, size, ret_n);
}

zy_status staff_phone_row(zy_env *env, zy_str phone, staff_row *row, zy_err *err)
{
    if (!phone_fits(phone))
        return zy_fail(err, ZY_BAD_FIELD, "phone", "no mobile number");
    return seal_field(env, "phone", row->id, phone, row->phone, sizeof row->phone, &row->phone_n);
}

zy_status staff_open_phone(zy_env *env, const staff_row *row, char *out, size_t size)
{
    ZY_AUTO_SECRET_BUF plain = { 0 };
    out[0] = '\0';
    if (row->phone_n == 0)
        return ZY_OK;
    ZY_TRY(zy_keys_open_cell(env->keys, ZY_KEY_FIELD, staff_cell("phone", row->id), row->phone, row->phone_n, &plain));
    return zy_str_copy(zy_buf_view(&plain), out, size);
}

static zy_status check_user(const zy_staff_person *p, staff_row *row, zy_err *err)
{
    if (p->user.n < USER_MIN || p->user.n > USER_MAX || staff_user_normal(p->user, row->user) != ZY_OK)
        return zy_fail(err, ZY_BAD_FIELD, "user", "4 to 32 characters");
    if (is_nobodys(row->user))
        return zy_fail(err, ZY_BAD_FIELD, "user", "a name of nobody in particular");
    return ZY_OK;
}

static zy_status person_index(zy_env *env, zy_str id_no, uint8_t out[ZY_SM3_BYTES])
{
    char upper[ID_LEN + 1];
    ZY_TRY(zy_str_copy(id_no, upper, sizeof upper));
    if (upper[ID_LEN - 1] == 'x')
        upper[ID_LEN - 1] = 'X';
    zy_status status = zy_keys_index(env->keys, "staff.person", zy_str_of(upper), out);
    zy_wipe(upper, sizeof upper);
    return status;
}

zy_status staff_person_row(zy_env *env, const zy_staff_person *p, const char *role, staff_row *row, zy_err *err)
{
    *row = (staff_row){ .id = zy_id_next(env->ids), .has_person = true };
    ZY_TRY(check_user(p, row, err));
    if (p->name.n == 0 || p->name.n > 63)
        return zy_fail(err, ZY_BAD_FIELD, "name", "1 to 63 bytes");
    if (p->staff_no.n == 0 || zy_str_copy(p->staff_no, row->staff_no, sizeof row->staff_no) != ZY_OK)
        return zy_fail(err, ZY_BAD_FIELD, "staff_no", "1 to 23 characters");
    if (p->branch.n == 0 || zy_str_copy(p->branch, row->branch, sizeof row->branch) != ZY_OK)
        return zy_fail(err, ZY_BAD_FIELD, "branch", "1 to 23 characters");
    if (!id_no_fits(p->id_no))
        return zy_fail(err, ZY_BAD_FIELD, "id_no", "no identity number");
    if (staff_role_find(role) < 0)
        return zy_fail(err, ZY_BAD_FIELD, "role", "no such role");
    ZY_TRY(zy_str_copy(zy_str_of(role), row->role, sizeof row->role));
    ZY_TRY(staff_phone_row(env, p->phone, row, err));
    ZY_TRY(person_index(env, p->id_no, row->person));
    ZY_TRY(seal_field(env, "name", row->id, p->name, row->name, sizeof row->name, &row->name_n));
    return staff_new_totp(env, row, NULL);
}

/* Until the person sets it up, a secret that nobody knows stands there. */
zy_status staff_new_totp(zy_env *env, staff_row *row, char ret_base32[STAFF_TOTP_TEXT_MAX])
{
    uint8_t secret[STAFF_TOTP_BYTES];
    zy_status status = zy_random(secret, sizeof secret);
    if (status == ZY_OK)
        status = staff_seal(env, ZY_KEY_TOKEN, staff_cell("totp", row->id), secret, sizeof secret, row->totp, sizeof row->totp,
                            &row->totp_n);
    if (status == ZY_OK && ret_base32 != NULL)
        zy_base32_encode(secret, sizeof secret, ret_base32);
    zy_wipe(secret, sizeof secret);
    return status;
}
