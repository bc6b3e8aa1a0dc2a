/* The staff's own APIs as rows. */
#include "office/staff/staff_internal.h"

static const zy_field LOGIN_FIELDS[] = {
    ZY_FIELD(staff_login_in, user, ZY_F_USER, 1, 63),
    ZY_FIELD(staff_login_in, password, ZY_F_TEXT, 1, 64, ZY_SENSITIVE),
    ZY_FIELD(staff_login_in, code, ZY_F_DIGITS, 6, 6, ZY_OPTIONAL, ZY_SENSITIVE,
             .help = "RFC 6238, 30 s; a code works once; none before the generator is set up"),
};
static const zy_field PASSWORD_FIELDS[] = {
    ZY_FIELD(staff_password_in, old, ZY_F_TEXT, 1, 64, ZY_SENSITIVE),
    ZY_FIELD(staff_password_in, new, ZY_F_TEXT, 1, 64, ZY_SENSITIVE),
};
static const zy_field CODE_FIELDS[] = {
    ZY_FIELD(staff_code_in, code, ZY_F_DIGITS, 6, 6, ZY_SENSITIVE),
};
static const zy_out TOTP_OUTS[] = {
    ZY_OUT("secret", ZY_O_STR, .help = "base32, for typing; shown once"),
    ZY_OUT("uri", ZY_O_STR, .help = "otpauth://totp/…, for a QR code"),
};

/* --- people --- */

#define REASON_FIELD(struct_t) ZY_FIELD(struct_t, reason, ZY_F_TEXT, 2, 200)
#define ONE_FIELD(struct_t)    ZY_FIELD(struct_t, staff_id, ZY_F_ID, 1, 40)
#define POST_FIELDS(struct_t)                          \
    ZY_FIELD(struct_t, role, ZY_F_CODE, 1, 31),        \
    ZY_FIELD(struct_t, branch, ZY_F_CODE, 1, 20)

static const zy_field LIST_FIELDS[] = {
    ZY_FIELD(staff_list_in, q, ZY_F_USER, 0, 63, ZY_OPTIONAL, .help = "user or staff number, whole; empty: all"),
    ZY_FIELD(staff_list_in, role, ZY_F_CODE, 0, 31, ZY_OPTIONAL),
    ZY_FIELD(staff_list_in, state, ZY_F_ENUM, 1, 20, ZY_OPTIONAL, .choices = "active|suspended|asleep|closed"),
    ZY_FIELD(staff_list_in, limit, ZY_F_INT, 1, 50, ZY_OPTIONAL),
    ZY_FIELD(staff_list_in, cursor, ZY_F_CODE, 0, ZY_CURSOR_MAX - 1, ZY_OPTIONAL),
};
static const zy_field CREATE_FIELDS[] = {
    ZY_FIELD(staff_create_in, user, ZY_F_USER, 4, 32),
    ZY_FIELD(staff_create_in, name, ZY_F_NAME, 2, 20, ZY_SENSITIVE),
    ZY_FIELD(staff_create_in, staff_no, ZY_F_CODE, 1, 20),
    ZY_FIELD(staff_create_in, id_no, ZY_F_CODE, 18, 18, ZY_SENSITIVE),
    ZY_FIELD(staff_create_in, phone, ZY_F_PHONE, 11, 11, ZY_SENSITIVE),
    POST_FIELDS(staff_create_in),
    REASON_FIELD(staff_create_in),
};
static const zy_field CHANGE_FIELDS[] = {
    ONE_FIELD(staff_change_in),
    POST_FIELDS(staff_change_in),
    ZY_FIELD(staff_change_in, phone, ZY_F_PHONE, 11, 11, ZY_OPTIONAL, ZY_SENSITIVE, .help = "absent: stays"),
    REASON_FIELD(staff_change_in),
};
static const zy_field RESET_FIELDS[] = {
    ONE_FIELD(staff_reset_in),
    ZY_FIELD(staff_reset_in, totp, ZY_F_BOOL, 0, 0, .help = "the code generator as well"),
    REASON_FIELD(staff_reset_in),
};
static const zy_field MOVE_FIELDS[] = { ONE_FIELD(staff_one_in), REASON_FIELD(staff_one_in) };
static const zy_field END_FIELDS[] = { ONE_FIELD(staff_one_in) };
static const zy_field REVIEW_FIELDS[] = {
    ZY_FIELD(staff_review_in, cursor, ZY_F_CODE, 0, ZY_CURSOR_MAX - 1, ZY_OPTIONAL),
};
static const zy_field ROLE_FIELDS[] = {
    ZY_FIELD(role_change_in, role, ZY_F_CODE, 1, 31),
    ZY_FIELD(role_change_in, permission, ZY_F_CODE, 1, 63),
    ZY_FIELD(role_change_in, granted, ZY_F_BOOL, 0, 0),
    REASON_FIELD(role_change_in),
};

static const zy_out PERSON_OUTS[] = {
    ZY_OUT("staff_id", ZY_O_STR), ZY_OUT("user", ZY_O_STR), ZY_OUT("name", ZY_O_STR), ZY_OUT("staff_no", ZY_O_STR),
    ZY_OUT("role", ZY_O_STR), ZY_OUT("branch", ZY_O_STR), ZY_OUT("phone", ZY_O_STR, .mask = ZY_M_PHONE),
    ZY_OUT("state", ZY_O_STR, .help = "active, suspended, asleep (unused) or closed"),
    ZY_OUT("lock", ZY_O_STR, .help = "empty, locked (30 min) or blocked (until lifted)"),
    ZY_OUT("enrolled", ZY_O_BOOL, .help = "the code generator is set up"), ZY_OUT("first_password", ZY_O_BOOL),
    ZY_OUT("online", ZY_O_BOOL), ZY_OUT("online_since", ZY_O_INT), ZY_OUT("online_address", ZY_O_STR),
    ZY_OUT("last_login_at", ZY_O_INT), ZY_OUT("last_address", ZY_O_STR), ZY_OUT("failed", ZY_O_INT),
    ZY_OUT("created_at", ZY_O_INT), ZY_OUT("password_changed_at", ZY_O_INT),
};
static const zy_out LIST_OUTS[] = { ZY_OUT("people", ZY_O_LIST, ZY_MEMBERS(PERSON_OUTS)), ZY_OUT("cursor", ZY_O_STR) };
static const zy_out REQUESTED_OUTS[] = { ZY_OUT("request_id", ZY_O_STR) };
static const zy_out REVIEW_OUTS[] = { ZY_OUT("csv", ZY_O_STR), ZY_OUT("cursor", ZY_O_STR) };
static const zy_out PERMISSION_OUTS[] = {
    ZY_OUT("permission", ZY_O_STR),
    ZY_OUT("duty", ZY_O_STR, .help = "look, business, system, security or audit"),
};
static const zy_out ROLE_OUTS[] = {
    ZY_OUT("role", ZY_O_STR), ZY_OUT("permissions", ZY_O_STRS),
    ZY_OUT("changed", ZY_O_STRS, .help = "where the bank's role differs from the delivered one"),
};
static const zy_out ROLES_OUTS[] = { ZY_OUT("permissions", ZY_O_LIST, ZY_MEMBERS(PERMISSION_OUTS)),
                                     ZY_OUT("roles", ZY_O_LIST, ZY_MEMBERS(ROLE_OUTS)) };

#define SELF(api_name, rate, words, handler)                                                                     \
    .name = (api_name), .door = ZY_DOOR_STAFF, .class = ZY_PROTECTED, .per_minute = (rate), .audited = true,     \
    .title = (words), .run = (handler)
#define OFFICE(api_name, word, rate, words, handler) SELF(api_name, rate, words, handler), .permission = (word)

const zy_api ZY_STAFF_APIS[] = {
    { .name = "staff.login", .door = ZY_DOOR_STAFF, .class = ZY_PUBLIC, .per_minute = 20, .audited = true,
      .title = "User, password and one-time code; the door sets the cookie", ZY_FIELDS(staff_login_in, LOGIN_FIELDS),
      ZY_OUTS(STAFF_SESSION_OUTS), .run = staff_login_run },
    { .name = "staff.session", .door = ZY_DOOR_STAFF, .class = ZY_PROTECTED, .per_minute = 120,
      .title = "Who is logged in and what the role may do", ZY_NO_FIELDS, ZY_OUTS(STAFF_SESSION_OUTS),
      .run = staff_session_run },
    { SELF("staff.logout", 30, "Ends this session", staff_logout_run), ZY_NO_FIELDS },
    { SELF("staff.totp.begin", 10, "A new code generator, before the first use", staff_totp_begin_run), ZY_NO_FIELDS,
      ZY_OUTS(TOTP_OUTS) },
    { SELF("staff.totp.confirm", 10, "The first code of the new generator", staff_totp_confirm_run),
      ZY_FIELDS(staff_code_in, CODE_FIELDS) },
    { SELF("staff.password.change", 10, "Another password of one's own; ends the session", staff_password_change_run),
      ZY_FIELDS(staff_password_in, PASSWORD_FIELDS) },
    { OFFICE("staff.list", "staff.view", 60, "Who works here; each look is recorded", staff_list_run),
      ZY_FIELDS(staff_list_in, LIST_FIELDS), ZY_OUTS(LIST_OUTS) },
    { OFFICE("staff.review", "staff.review", 60, "The access review as CSV, by pages", staff_review_run),
      ZY_FIELDS(staff_review_in, REVIEW_FIELDS), ZY_OUTS(REVIEW_OUTS) },
    { OFFICE("staff.create", "staff.make", 20, "Asks for an account of a new person", staff_create_run),
      ZY_FIELDS(staff_create_in, CREATE_FIELDS), ZY_OUTS(REQUESTED_OUTS) },
    { OFFICE("staff.change", "staff.make", 20, "Asks for another role, branch or phone", staff_change_run),
      ZY_FIELDS(staff_change_in, CHANGE_FIELDS), ZY_OUTS(REQUESTED_OUTS) },
    { OFFICE("staff.reset", "staff.make", 20, "Asks for a first password again", staff_reset_run),
      ZY_FIELDS(staff_reset_in, RESET_FIELDS), ZY_OUTS(REQUESTED_OUTS) },
    { OFFICE("staff.suspend", "staff.make", 20, "Asks to suspend an account", staff_suspend_run),
      ZY_FIELDS(staff_one_in, MOVE_FIELDS), ZY_OUTS(REQUESTED_OUTS) },
    { OFFICE("staff.close", "staff.make", 20, "Asks to close the account of a leaver", staff_close_run),
      ZY_FIELDS(staff_one_in, MOVE_FIELDS), ZY_OUTS(REQUESTED_OUTS) },
    { OFFICE("staff.reopen", "staff.make", 20, "Asks to open an account again", staff_reopen_run),
      ZY_FIELDS(staff_one_in, MOVE_FIELDS), ZY_OUTS(REQUESTED_OUTS) },
    { OFFICE("staff.unlock", "staff.make", 20, "Asks to lift the lock of an account", staff_unlock_run),
      ZY_FIELDS(staff_one_in, MOVE_FIELDS), ZY_OUTS(REQUESTED_OUTS) },
    { OFFICE("staff.session.end", "staff.make", 20, "Ends somebody's session at once", staff_session_end_run),
      ZY_FIELDS(staff_one_in, END_FIELDS) },
    { OFFICE("role.list", "staff.view", 60, "Roles and what they may do", role_list_run), ZY_NO_FIELDS, ZY_OUTS(ROLES_OUTS) },
    { OFFICE("role.change", "role.make", 20, "Asks to grant a role a permission or to take it away", role_change_run),
      ZY_FIELDS(role_change_in, ROLE_FIELDS), ZY_OUTS(REQUESTED_OUTS) },
};
const size_t ZY_STAFF_API_COUNT = ZY_COUNT(ZY_STAFF_APIS);
