/* The APIs of tokens as rows. */
#include "service/token/token_internal.h"

#define SERIAL(struct_t, member) ZY_FIELD(struct_t, member, ZY_F_CODE, ZY_TOKEN_SERIAL_MIN, ZY_TOKEN_SERIAL_MAX)
#define REASON(struct_t)         ZY_FIELD(struct_t, reason, ZY_F_TEXT, 2, 200)
#define CODE(member, ...) \
    ZY_FIELD(token_codes_in, member, ZY_F_DIGITS, ZY_TOKEN_DIGITS, ZY_TOKEN_DIGITS, ZY_SENSITIVE, ##__VA_ARGS__)

static const zy_field ACTIVATE_FIELDS[] = {
    SERIAL(token_codes_in, serial),
    CODE(code),
    CODE(next_code, .help = "the code that followed"),
};
static const zy_field SYNC_FIELDS[] = { CODE(code), CODE(next_code, .help = "the code that followed") };
static const zy_field IMPORT_FIELDS[] = {
    ZY_FIELD(token_import_in, file, ZY_F_BASE64, 4, (ZY_TOKEN_FILE_MAX + 2) / 3 * 4, ZY_SENSITIVE,
             .help = "lines `serial,seed in hex`"),
    REASON(token_import_in),
};
static const zy_field ASSIGN_FIELDS[] = {
    SERIAL(token_deed_in, serial),
    ZY_FIELD(token_deed_in, customer_id, ZY_F_ID, 1, 40),
    REASON(token_deed_in),
};
static const zy_field REPLACE_FIELDS[] = {
    SERIAL(token_deed_in, serial),
    SERIAL(token_deed_in, new_serial),
    REASON(token_deed_in),
};
static const zy_field DEED_FIELDS[] = { SERIAL(token_deed_in, serial), REASON(token_deed_in) };
static const zy_field SEARCH_FIELDS[] = {
    ZY_FIELD(token_search_in, serial, ZY_F_CODE, 0, ZY_TOKEN_SERIAL_MAX, ZY_OPTIONAL),
    ZY_FIELD(token_search_in, state, ZY_F_ENUM, 1, 20, ZY_OPTIONAL, .choices = "stock|inactive|active|locked|lost|retired"),
    ZY_FIELD(token_search_in, customer_id, ZY_F_ID, 1, 40, ZY_OPTIONAL, ZY_HAS(token_search_in, has_customer)),
    ZY_FIELD(token_search_in, limit, ZY_F_INT, 1, 50, ZY_OPTIONAL),
    ZY_FIELD(token_search_in, cursor, ZY_F_CODE, 0, ZY_CURSOR_MAX - 1, ZY_OPTIONAL),
};

static const zy_out GET_OUTS[] = {
    ZY_OUT("state", ZY_O_STR, .help = "none, inactive, active, locked, lost"),
    ZY_OUT("serial_tail", ZY_O_STR, .optional = true, .help = "the last four"),
    ZY_OUT("assigned_at", ZY_O_INT, .optional = true),
    ZY_OUT("activated_at", ZY_O_INT, .optional = true),
};
static const zy_out STATE_OUTS[] = { ZY_OUT("state", ZY_O_STR) };
static const zy_out REQUESTED_OUTS[] = { ZY_OUT("request_id", ZY_O_STR) };
static const zy_out TOKEN_OUTS[] = {
    ZY_OUT("serial", ZY_O_STR), ZY_OUT("state", ZY_O_STR), ZY_OUT("customer_id", ZY_O_STR), ZY_OUT("drift_steps", ZY_O_INT),
    ZY_OUT("imported_at", ZY_O_INT), ZY_OUT("assigned_at", ZY_O_INT), ZY_OUT("activated_at", ZY_O_INT),
};
static const zy_out SEARCH_OUTS[] = { ZY_OUT("tokens", ZY_O_LIST, ZY_MEMBERS(TOKEN_OUTS)), ZY_OUT("cursor", ZY_O_STR) };

#define CUSTOMER_API(api_name, api_class, rate, words, handler)                                              \
    .name = (api_name), .door = ZY_DOOR_CUSTOMER, .class = (api_class), .per_minute = (rate), .title = (words), \
    .run = (handler)
#define STAFF_API(api_name, word, rate, words, handler)                                                       \
    .name = (api_name), .door = ZY_DOOR_STAFF, .class = ZY_PROTECTED, .permission = (word), .per_minute = (rate), \
    .audited = true, .title = (words), .run = (handler)
#define DEED_API(api_name, fields, words)                                                      \
    { STAFF_API(api_name, "token.make", 20, words, token_deed_run), ZY_FIELDS(token_deed_in, fields), \
      ZY_OUTS(REQUESTED_OUTS) }

const zy_api ZY_TOKEN_APIS[] = {
    { CUSTOMER_API("token.get", ZY_PROTECTED, 60, "The customer's dynamic token", token_get_run), ZY_NO_FIELDS, ZY_OUTS(GET_OUTS) },
    { CUSTOMER_API("token.activate", ZY_PRIVATE, 10, "Makes an assigned token usable: two codes that followed each other",
                   token_activate_run),
      .audited = true, .critical = true, ZY_FIELDS(token_codes_in, ACTIVATE_FIELDS), ZY_OUTS(STATE_OUTS) },
    { CUSTOMER_API("token.sync", ZY_PRIVATE, 10, "Learns how far the token's clock is off: two codes that followed each other",
                   token_sync_run),
      .audited = true, ZY_FIELDS(token_codes_in, SYNC_FIELDS), ZY_OUTS(STATE_OUTS) },
    { CUSTOMER_API("token.lost", ZY_PROTECTED, 10, "Reports the token lost: it is closed at once", token_lost_run), .audited = true,
      ZY_NO_FIELDS, ZY_OUTS(STATE_OUTS) },
    { STAFF_API("token.search", "token.view", 60, "Tokens, newest first", token_search_run),
      ZY_FIELDS(token_search_in, SEARCH_FIELDS), ZY_OUTS(SEARCH_OUTS) },
    { STAFF_API("token.import", "token.make", 10, "Asks to take a file of tokens into stock", token_import_run),
      ZY_FIELDS(token_import_in, IMPORT_FIELDS), ZY_OUTS(REQUESTED_OUTS) },
    DEED_API("token.assign", ASSIGN_FIELDS, "Asks to give a token to a customer"),
    DEED_API("token.replace", REPLACE_FIELDS, "Asks to give a customer another token for his own"),
    DEED_API("token.lost", DEED_FIELDS, "Asks to close a token that was lost"),
    DEED_API("token.unlock", DEED_FIELDS, "Asks to lift the lock of a token"),
    DEED_API("token.retire", DEED_FIELDS, "Asks to take a token out of use for good"),
};
const size_t ZY_TOKEN_API_COUNT = ZY_COUNT(ZY_TOKEN_APIS);
