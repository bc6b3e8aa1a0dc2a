/* The staff's own APIs as rows. */
#include "office/staff/staff_internal.h"

static const zy_field LOGIN_FIELDS[] = {
    ZY_FIELD(staff_login_in, user, ZY_F_USER, 1, 63),
    ZY_FIELD(staff_login_in, password, ZY_F_TEXT, 1, 64, ZY_SENSITIVE),
    ZY_FIELD(staff_login_in, code, ZY_F_DIGITS, 6, 6, ZY_SENSITIVE, .help = "RFC 6238, 30 s; a code works once"),
};

const zy_api ZY_STAFF_APIS[] = {
    { .name = "staff.login", .door = ZY_DOOR_STAFF, .class = ZY_PUBLIC, .per_minute = 20, .audited = true,
      .title = "User, password and one-time code; the door sets the cookie", ZY_FIELDS(staff_login_in, LOGIN_FIELDS),
      ZY_OUTS(STAFF_SESSION_OUTS), .run = staff_login_run },
    { .name = "staff.session", .door = ZY_DOOR_STAFF, .class = ZY_PROTECTED, .per_minute = 120,
      .title = "Who is logged in and what the role may do", ZY_NO_FIELDS, ZY_OUTS(STAFF_SESSION_OUTS),
      .run = staff_session_run },
    { .name = "staff.logout", .door = ZY_DOOR_STAFF, .class = ZY_PROTECTED, .per_minute = 30, .audited = true,
      .title = "Ends this session", ZY_NO_FIELDS, .run = staff_logout_run },
};
const size_t ZY_STAFF_API_COUNT = ZY_COUNT(ZY_STAFF_APIS);
