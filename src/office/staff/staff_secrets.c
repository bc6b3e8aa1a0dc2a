/* The secrets of the staff: passwords that one chooses, first passwords, codes. */
#include <stdio.h>
#include <string.h>

#include "office/staff/staff_internal.h"
#include "service/identity/hash_pool.h"
#include "service/identity/password_rules.h"
#include "service/param/param.h"

#define TOTP_STEP_S  30
#define FIRST_CHARS  12              /* of 31: 59 random bits */
#define FIRST_LIFE   ZY_MINUTES(60)

zy_status staff_secret(zy_str text, const char *field, zy_secret *ret_secret, zy_err *err)
{
    if (text.n > sizeof ret_secret->bytes)
        return zy_fail(err, ZY_BAD_FIELD, field, "more than 64 bytes");
    memcpy(ret_secret->bytes, text.p, text.n);
    ret_secret->n = text.n;
    return ZY_OK;
}

zy_status staff_password_fits(zy_env *env, const zy_secret *secret, const uint8_t record[ZY_PASSWORD_RECORD_BYTES],
                              bool *ret_fits, zy_err *err)
{
    zy_status status = zy_hash_pool_check(env->keys, secret, record, err);
    *ret_fits = status == ZY_OK;
    return status == ZY_FACTOR_WRONG ? ZY_OK : status;
}

zy_status staff_no_password(zy_env *env, uint8_t record[ZY_PASSWORD_RECORD_BYTES])
{
    return zy_password_dummy(env->keys, (unsigned)zy_config_int(env->config, "password.iterations"), record);
}

/* --- what one may choose --- */

zy_status staff_person_of(zy_env *env, const staff_row *row, zy_person *ret_person)
{
    *ret_person = (zy_person){ 0 };
    memcpy(ret_person->alias, row->user, sizeof row->user);
    memcpy(ret_person->customer_no, row->staff_no, sizeof row->staff_no);
    ZY_TRY(staff_open_phone(env, row, ret_person->phone, sizeof ret_person->phone));
    return staff_open_name(env, row, ret_person->name, sizeof ret_person->name);
}

/* The bank's own length, then what holds for every password of the house. */
zy_status staff_password_rules(zy_env *env, const zy_secret *secret, const zy_person *person, const char *field, zy_err *err)
{
    if (secret->n < (size_t)zy_param_get(env, "staff.password_min"))
        return zy_fail(err, ZY_BAD_FIELD, field, "too short");
    zy_password_flaw flaw = zy_password_rules_login(secret, person);
    return flaw == ZY_FLAW_NONE ? ZY_OK : zy_fail(err, ZY_BAD_FIELD, field, "%s", zy_password_flaw_name(flaw));
}

/* --- first passwords: random, for an hour, good for nothing but to be changed ---
 * 59 random bits under a key of the key service need no slow hash; the row's password is one that nothing fits. */

static zy_status first_digest(zy_env *env, zy_id staff, zy_str text, uint8_t out[ZY_SM3_BYTES])
{
    ZY_AUTO_SECRET_BUF value = { 0 };
    char id[ZY_ID_TEXT_MAX];
    zy_id_format(staff, id);
    zy_buf_c(&value, id);
    zy_buf_char(&value, ':');
    zy_buf_str(&value, text);
    return zy_keys_index(env->keys, "staff.first_password", zy_buf_view(&value), out);
}

/* Without what is easily misread; at least one letter and one digit come of drawing again. */
static zy_status draw(char out[ZY_STAFF_FIRST_PASSWORD_MAX])
{
    static const char CHARS[] = "abcdefghjkmnpqrstuvwxyz23456789";
    const size_t kinds = sizeof CHARS - 1, fair = 256 - 256 % (sizeof CHARS - 1);
    bool letter = false, digit = false;
    while (!letter || !digit) {
        letter = digit = false;
        for (size_t i = 0; i < FIRST_CHARS;) {
            uint8_t byte;
            ZY_TRY(zy_random(&byte, 1));
            if (byte >= fair)
                continue;
            out[i] = CHARS[byte % kinds];
            letter = letter || out[i] >= 'a';
            digit = digit || out[i] <= '9';
            i++;
        }
        out[FIRST_CHARS] = '\0';
    }
    return ZY_OK;
}

zy_status staff_make_first(zy_env *env, staff_row *row, zy_time now, char ret_text[ZY_STAFF_FIRST_PASSWORD_MAX])
{
    ZY_TRY(draw(ret_text));
    ZY_TRY(first_digest(env, row->id, zy_str_of(ret_text), row->initial));
    row->has_initial = row->must_change = true;
    row->initial_until = zy_time_add(now, FIRST_LIFE);
    return staff_no_password(env, row->password);
}

zy_status staff_first_fits(zy_env *env, const staff_row *row, const zy_secret *secret, zy_time now, bool *ret_fits)
{
    uint8_t digest[ZY_SM3_BYTES];
    ZY_TRY(first_digest(env, row->id, zy_str_bytes(secret->bytes, secret->n), digest));
    bool same = zy_ct_equal(digest, row->initial, sizeof digest);
    *ret_fits = same && row->has_initial && row->must_change && now.ms < row->initial_until.ms;
    return ZY_OK;
}

/* --- codes --- */

static zy_status open_totp(zy_env *env, const staff_row *row, uint8_t ret_secret[STAFF_TOTP_BYTES])
{
    ZY_AUTO_SECRET_BUF plain = { 0 };
    memset(ret_secret, 0, STAFF_TOTP_BYTES);
    if (row->id.v == 0)
        return ZY_OK;
    ZY_TRY(zy_keys_open_cell(env->keys, ZY_KEY_TOKEN, staff_cell("totp", row->id), row->totp, row->totp_n, &plain));
    if (plain.n != STAFF_TOTP_BYTES)
        return ZY_INTERNAL;
    memcpy(ret_secret, plain.p, plain.n);
    return ZY_OK;
}

/* One step to either side: clocks differ, and people type slowly. All three are computed, whichever fits. */
zy_status staff_code_step(zy_env *env, const staff_row *row, zy_str given, zy_time now, int64_t *ret_step)
{
    uint8_t secret[STAFF_TOTP_BYTES];
    int64_t now_step = now.ms / 1000 / TOTP_STEP_S;
    char typed[STAFF_CODE_DIGITS + 1] = "------"; /* fits nothing */
    if (given.n == STAFF_CODE_DIGITS)
        memcpy(typed, given.p, STAFF_CODE_DIGITS);
    zy_status status = open_totp(env, row, secret);
    *ret_step = 0;
    for (int64_t step = now_step - 1; step <= now_step + 1 && status == ZY_OK; step++) {
        char code[STAFF_CODE_DIGITS + 1];
        status = zy_totp(secret, sizeof secret, step * TOTP_STEP_S, code);
        if (status == ZY_OK && zy_ct_equal(code, typed, STAFF_CODE_DIGITS))
            *ret_step = step;
        zy_wipe(code, sizeof code);
    }
    zy_wipe(secret, sizeof secret);
    return status;
}
