/* Every API is a row in a table: access, rates, idempotency, fields and masking are data. From the same
 * rows come validation, audit marking, the OpenAPI document, the TypeScript types and the negative tests. */
#pragma once

#include "api/env.h"
#include "base/arena.h"
#include "base/json.h"
#include "base/mask.h"

typedef enum { ZY_DOOR_CUSTOMER = 1, ZY_DOOR_STAFF, ZY_DOOR_PARTNER } zy_door;
/* PUBLIC: anyone over the channel; PROTECTED: a logged-in session; PRIVATE: part of a critical operation. */
typedef enum { ZY_PUBLIC = 1, ZY_PROTECTED, ZY_PRIVATE } zy_class;

/* Field types: each has an allow-list of characters and a C type in the input struct. */
typedef enum {
    ZY_F_ID = 1,   /* zy_id; opaque text of an id (zy_id_format) */
    ZY_F_MONEY,    /* zy_money; JSON integer fen, bounds min..max */
    ZY_F_INT,      /* int64_t; bounds min..max */
    ZY_F_BOOL,     /* bool */
    ZY_F_DAY,      /* zy_day; "2026-11-22" */
    ZY_F_CODE,     /* zy_str; A-Za-z0-9._:- */
    ZY_F_TOKEN,    /* zy_str; A-Za-z0-9_- (login_id, challenge_id, idempotency) */
    ZY_F_DIGITS,   /* zy_str; 0-9 */
    ZY_F_CARD,     /* zy_str; 0-9 */
    ZY_F_PHONE,    /* zy_str; 0-9 and + */
    ZY_F_NAME,     /* zy_str; letters of any script, space, middle dot, apostrophe, hyphen, dot; NFC not decomposed */
    ZY_F_TEXT,     /* zy_str; free text, no control characters; lengths in characters */
    ZY_F_USER,     /* zy_str; what one types to log in: letters, digits, ._@+- */
    ZY_F_BASE64,   /* zy_str; canonical base64, lengths of the text */
    ZY_F_PROOF,    /* zy_str; a code's digits or base64: letters of base64, in any number */
    ZY_F_HEX,      /* zy_str; lower-case hex */
    ZY_F_OBJECT,   /* a nested struct, fields given by `object` */
    ZY_F_ENUM,     /* zy_str; one of `choices` "a|b|c" */
    ZY_F_LIST,     /* zy_items; min..max structs of item_size bytes, fields given by `object` */
} zy_field_type;

typedef struct zy_items {
    const void *items; /* in the call's arena */
    size_t n;
} zy_items;

typedef struct zy_field {
    const char *name;
    zy_field_type type;
    size_t offset;           /* of the member in the input struct */
    int64_t min, max;        /* text: length in characters; numbers: value */
    bool optional;           /* absent leaves zero; struct member `bool has_<name>` is not used: see has_offset */
    bool sensitive;          /* never logged or audited, even masked */
    size_t has_offset;       /* optional numbers, ids, days, objects: offset of a bool; 0: none */
    const struct zy_field *object;
    size_t object_count;
    size_t item_size;        /* LIST: bytes of one struct */
    const struct zy_field *or_text; /* OBJECT: the field that takes the value when a text was sent instead; same name */
    const char *choices;
    const char *help;        /* one line for the OpenAPI document */
} zy_field;
#define ZY_FIELD(struct_t, member, field_type, lo, hi, ...) \
    { .name = #member, .type = (field_type), .offset = offsetof(struct_t, member), .min = (lo), .max = (hi), ##__VA_ARGS__ }
#define ZY_OPTIONAL .optional = true
#define ZY_SENSITIVE .sensitive = true
#define ZY_HAS(struct_t, member) .has_offset = offsetof(struct_t, member)
#define ZY_FIELDS(struct_t, table) .fields = (table), .field_count = ZY_COUNT(table), .input_size = sizeof(struct_t)
#define ZY_NO_FIELDS .fields = NULL, .field_count = 0, .input_size = 0

/* How an answer's member is masked before it leaves: handlers put in whole values, the dispatcher masks. */
typedef enum { ZY_M_NONE, ZY_M_PHONE, ZY_M_NAME, ZY_M_CARD, ZY_M_ID_NO } zy_mask_rule;
typedef enum { ZY_O_STR = 1, ZY_O_INT, ZY_O_BOOL, ZY_O_OBJECT, ZY_O_LIST /* of objects */, ZY_O_STRS /* list of texts */ } zy_out_type;
typedef struct zy_out {
    const char *name;
    zy_out_type type;
    zy_mask_rule mask;
    const struct zy_out *members; /* OBJECT, LIST */
    size_t member_count;
    bool optional;
    const char *help;
} zy_out;
#define ZY_OUT(n, t, ...) { .name = (n), .type = (t), ##__VA_ARGS__ }
#define ZY_OUTS(table) .outs = (table), .out_count = ZY_COUNT(table)
#define ZY_MEMBERS(table) .members = (table), .member_count = ZY_COUNT(table)

typedef struct zy_call zy_call;
typedef struct zy_api {
    const char *name;          /* "transfer.prepare" */
    unsigned version;          /* 0 means 1 */
    zy_door door;
    zy_class class;            /* absent: refused at start */
    const char *permission;    /* staff door: needed permission; NULL: any logged-in staff */
    unsigned per_minute;       /* limit by customer (or staff), device and address; 0 is refused at start */
    unsigned per_minute_address; /* of one address, before api.address_factor; 0: per_minute */
    bool idempotent;           /* asks for `id`; answers kept 30 days, conflicts refused */
    bool audited;              /* refusals leave an audit record (successes are audited in the deed's transaction by the handler) */
    bool critical;             /* a critical operation: see flow */
    const char *title;         /* one line for the document */
    const zy_field *fields;
    size_t field_count, input_size;
    const zy_out *outs;
    size_t out_count;
    /* `in` is the decoded struct, in the call's arena; `body` is the answer's object to fill (also on failure:
     * it is sent when not empty). Returns the answer's status. */
    zy_status (*run)(zy_call *call, const void *in, zy_json *body, zy_err *err);
} zy_api;

/* Who calls: filled by a door before dispatch; what the server knows, not what the client says. */
typedef struct zy_caller {
    zy_door door;
    zy_str address;            /* client address */
    zy_id customer;            /* 0: not logged in */
    zy_id login;               /* row id of the login session; 0: none */
    zy_id staff;               /* staff door */
    zy_id device;              /* row id of the login's device; 0: none */
    char device_id[33];        /* proven device of the login; "" */
    bool device_bound;         /* and its environment allows what that opens */
    bool device_limited;       /* what the client reported of its environment lowers limits */
    zy_time login_at;
    const uint8_t *channel_th; /* transcript hash of the current hello (32 bytes); NULL outside the customer door */
    void *channel;             /* the door's session, opaque here; for hooks of the door */
    bool (*has_permission)(const struct zy_caller *caller, const char *permission);
    void *staff_session;
} zy_caller;

struct zy_call {
    zy_env *env;
    const zy_api *api;
    zy_caller *caller;
    zy_arena *arena;
    zy_time now;
    char trace[24];
    zy_str idempotency_id;     /* {NULL,0} when none */
    uint8_t request_digest[32];/* SM3 of the decoded fields: the idempotency content */
};

/* A registered set of tables. Refuses at start: entries without class, rate, run; doubled names; bounds that
 * make no sense; offsets outside the struct. ZY_CONFIG_BAD. */
typedef struct zy_api_registry zy_api_registry;
ZY_CHECKED zy_status zy_registry_new(zy_env *env, zy_api_registry **ret_registry, zy_err *err);
ZY_CHECKED zy_status zy_registry_add(zy_api_registry *r, const zy_api *apis, size_t count, zy_err *err);
void zy_registry_free(zy_api_registry *r);
const zy_api *zy_registry_find(const zy_api_registry *r, zy_door door, zy_str name);
size_t zy_registry_count(const zy_api_registry *r);
const zy_api *zy_registry_at(const zy_api_registry *r, size_t index);

/* Hooks that higher rooms register. */
typedef struct zy_api_hooks {
    /* Is the API switched off at run time? (service/param: the console's switchboard) */
    bool (*closed)(zy_env *env, const char *api);
    /* Reads the login row for a protected call: fills customer, device, ... ; ZY_LOGIN_REQUIRED.
     * touch: counts as activity for the idle time. */
    zy_status (*login)(zy_env *env, zy_caller *caller, const zy_api *api, zy_time now, zy_err *err);
    /* Records a refusal of an audited API, in a transaction of its own. */
    void (*refused)(const zy_call *call, zy_status status, const zy_err *err);
} zy_api_hooks;
extern const zy_config_row ZY_API_CONFIG[]; /* api.* */
extern const size_t ZY_API_CONFIG_COUNT;
void zy_registry_hooks(zy_api_registry *r, const zy_api_hooks *hooks);

/* Decodes and runs one request: {"api","v","t","id","body"} as in secure-channel.md, or name and body apart
 * for doors that carry the name elsewhere. Checks in this order: known, open, clock (t, +-300 s), access, rate,
 * idempotency key, every field; runs; masks; writes {"code","body"} or {"code","message","trace","fields","body"}
 * into out. Logs a failure once. Returns the code that stands in the answer. */
zy_status zy_dispatch(zy_api_registry *r, zy_caller *caller, zy_arena *arena, zy_str request, zy_buf *out);
void zy_dispatch_named(zy_api_registry *r, zy_caller *caller, zy_arena *arena, zy_str api, zy_str idempotency_id,
                       zy_str body, zy_buf *out, zy_status *ret_status);

/* --- The decoder alone (also for forms and files) --- ZY_BAD_FIELD with err->field as "device.sig". */
ZY_CHECKED zy_status zy_decode(const zy_field *fields, size_t count, const zy_json *object, zy_arena *arena, void *out,
                               zy_err *err);
/* A masked copy of a body: members that the table does not name, or that have another type, are left out (least data). */
zy_json *zy_mask_body(const zy_out *outs, size_t count, const zy_json *body);

/* --- Idempotency, inside the deed's transaction --- table api_idempotency(owner, id, api, digest, answer, created_at)
 * The owner is the customer, or at the staff door the member of staff. What is kept stands in clear: no personal data.
 * Looks for an earlier answer of (customer, id): *ret_answer gets a body of the call's arena when there is one
 * (the handler returns it and does nothing); ZY_IDEMPOTENCY_CONFLICT for another content. */
ZY_CHECKED zy_status zy_idempotency_find(zy_rtx *rtx, const zy_call *call, zy_json **ret_answer, zy_err *err);
/* Keeps the answer; ZY_DB_CONFLICT (the unit runs again and finds the other's answer) when somebody was first. */
ZY_CHECKED zy_status zy_idempotency_keep(zy_tx *tx, const zy_call *call, const zy_json *answer, zy_err *err);
/* Drops answers older than 30 days; returns how many, at most `max` a call. */
ZY_CHECKED zy_status zy_idempotency_expire(zy_tx *tx, zy_time now, int max, int64_t *ret_dropped, zy_err *err);

/* --- Rate limits --- token windows in memory, sharded, bounded. False: over the limit. */
typedef struct zy_rates zy_rates;
zy_rates *zy_rates_new(size_t max_keys, const zy_clock *clock);
void zy_rates_free(zy_rates *r);
bool zy_rates_take(zy_rates *r, const char *what, zy_str who, unsigned per_window, zy_dur window);
/* How many were taken in the window that runs; 0 when none runs. */
unsigned zy_rates_taken(zy_rates *r, const char *what, zy_str who);

/* Whom an address stands for when something is counted by address: itself, or its /64 of IPv6 (whoever has an IPv6 network
 * has as many addresses as he likes). What is no address is taken as it stands. The answer is the address's own bytes or `out`. */
#define ZY_NETWORK_TEXT_MAX 48
zy_str zy_network_of(zy_str address, char out[ZY_NETWORK_TEXT_MAX]);

/* --- Documents --- */
void zy_openapi_write(const zy_api_registry *r, zy_door door, zy_buf *out);   /* OpenAPI 3.1, JSON */
void zy_typescript_write(const zy_api_registry *r, zy_door door, zy_buf *out);

/* --- Metrics: calls by API and status, and how long they took --- */
void zy_api_metrics_add(zy_api_registry *r, const zy_api *api, zy_status status, int64_t took_ns);
void zy_api_metrics_write(const zy_api_registry *r, zy_buf *out); /* Prometheus text */

/* --- Cursors --- */
/* A page cursor: opaque to callers, "" for the first page and at the end. Keyset: (time, id). */
#define ZY_CURSOR_MAX 64
void zy_cursor_write(zy_time at, zy_id id, char out[ZY_CURSOR_MAX]);
ZY_CHECKED zy_status zy_cursor_parse(zy_str cursor, zy_time *ret_at, zy_id *ret_id, zy_err *err);
