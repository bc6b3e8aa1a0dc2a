/* Wrong tries: counted before a secret is looked at, so that many at once cannot slip through together. By the name that was
 * typed, whether or not somebody has it, and by the address. */
#include <string.h>

#include "office/staff/staff_internal.h"
#include "service/param/param.h"

#define IN_A_ROW_MAX    5
#define IN_DAY_MAX      10
#define LOCKED_FOR      ZY_MINUTES(30)
#define TRIES_KEPT      ZY_DAYS(1)
#define BLOCKS_KEPT     ZY_DAYS(90) /* of names that are nobody's: long, so that a block looks like anybody's */

zy_status staff_tries_key(zy_env *env, const char *user, uint8_t out[ZY_SM3_BYTES])
{
    return zy_keys_index(env->keys, "try.staff", zy_str_of(user), out);
}

zy_status staff_tries_of(zy_env *env, const char *user, zy_id staff, zy_str address, staff_tries *ret_tries)
{
    ret_tries->staff = staff;
    ret_tries->address_max = zy_param_get(env, "staff.address_tries");
    ZY_TRY(staff_tries_key(env, user, ret_tries->name));
    return zy_keys_index(env->keys, "try.staff.address", address, ret_tries->address);
}

static bool is_locked(const staff_try *t, zy_time now)
{
    return t->blocked || t->locked_until.ms > now.ms;
}

/* A lock that has run out and a new day begin anew. */
static void begin(staff_try *t, zy_time now)
{
    zy_day today = zy_day_of(now);
    if (t->locked_until.ms != 0) {
        t->locked_until.ms = 0;
        t->in_a_row = 0;
    }
    if (t->day.days != today.days) {
        t->day = today;
        t->in_day = 0;
    }
}

static zy_status take_address(zy_tx *tx, const staff_tries *who, zy_time now, zy_err *err)
{
    staff_try t;
    ZY_TRY(staff_try_read(tx, who->address, now, &t, err));
    if (is_locked(&t, now))
        return zy_fail(err, ZY_LOCKED, NULL, "too many wrong tries from this address");
    if (t.day.days != zy_day_of(now).days) /* unlike a name's, an address's row ends with the day */
        t.in_a_row = 0;
    begin(&t, now);
    if (++t.in_a_row >= who->address_max)
        t.locked_until = zy_time_add(now, LOCKED_FOR);
    return staff_try_write(tx, who->address, &t, now, err);
}

zy_status staff_tries_take(zy_tx *tx, const staff_tries *who, zy_time now, zy_err *err)
{
    staff_try t;
    ZY_TRY(staff_try_forget(tx, (zy_time){ now.ms - TRIES_KEPT.ms }, (zy_time){ now.ms - BLOCKS_KEPT.ms }, err));
    ZY_TRY(take_address(tx, who, now, err));
    ZY_TRY(staff_try_read(tx, who->name, now, &t, err));
    if (is_locked(&t, now))
        return zy_fail(err, ZY_LOCKED, NULL, "too many wrong tries");
    begin(&t, now);
    t.staff = who->staff;
    t.in_a_row++;
    t.in_day++;
    if (t.in_a_row >= IN_A_ROW_MAX)
        t.locked_until = zy_time_add(now, LOCKED_FOR);
    t.blocked = t.in_day >= IN_DAY_MAX;
    return staff_try_write(tx, who->name, &t, now, err);
}

/* The try was right: it does not count, and the name's row of wrong ones ends. The address's goes on: whoever tries names there
 * cannot begin anew with his own. */
zy_status staff_tries_forgive(zy_tx *tx, const staff_tries *who, zy_time now, zy_err *err)
{
    staff_try t;
    ZY_TRY(staff_try_read(tx, who->address, now, &t, err));
    t.in_a_row -= t.in_a_row > 0;
    t.locked_until.ms = 0;
    ZY_TRY(staff_try_write(tx, who->address, &t, now, err));
    ZY_TRY(staff_try_read(tx, who->name, now, &t, err));
    t.in_a_row = 0;
    t.in_day -= t.in_day > 0;
    t.locked_until.ms = 0;
    t.blocked = false;
    return staff_try_write(tx, who->name, &t, now, err);
}

zy_status staff_tries_locked(zy_rtx *rtx, zy_env *env, const char *user, zy_time now, staff_lock *ret_lock, zy_err *err)
{
    uint8_t key[ZY_SM3_BYTES];
    staff_try t;
    ZY_TRY(staff_tries_key(env, user, key));
    ZY_TRY(staff_try_peek(rtx, key, &t, err));
    *ret_lock = t.blocked ? STAFF_BLOCKED : is_locked(&t, now) ? STAFF_LOCKED : STAFF_OPEN;
    return ZY_OK;
}
