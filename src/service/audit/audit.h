/* Tamper-evident audit: records in the deed's transaction, sealed into a per-node SM3 chain with SM2-signed
 * checkpoints. */
#pragma once

#include "api/api.h"
#include "base/json.h"

/* A record. Texts are words of ours or masked values; never whole personal data or secrets. */
typedef struct zy_audit {
    const char *event;      /* "order.posted", "login.ok", "api.refused", "staff.reveal" */
    const char *actor_kind; /* "customer" | "staff" | "system" | "anonymous" */
    zy_id actor;
    zy_id object;           /* order, account, customer … ; 0: none */
    const char *object_kind;/* "order" */
    zy_str address, device; /* may be empty */
    zy_str trace;
    zy_str result;          /* status name */
    zy_str detail;          /* JSON object text, "" for none; at most 2,000 bytes (cut otherwise) */
} zy_audit;

/* Writes the record and returns its id (id is taken from env->ids, so a repeated unit may make another).
 * Digest = SM3 over all columns in a fixed, length-prefixed order. */
ZY_CHECKED zy_status zy_audit_add(zy_tx *tx, zy_env *env, const zy_audit *record, zy_id *ret_id, zy_err *err);
/* In a unit of its own: for refusals and for deeds that change nothing else. */
void zy_audit_note(zy_env *env, const zy_audit *record);

/* The sealer of this node. On SQLite it runs as the writer's before_commit (zy_audit_attach); on PostgreSQL
 * a thread takes committed unsealed records of the node at most 200 ms later. A checkpoint each 1,000 records
 * or 10 s when there is something new: the signature is made outside the writer. */
/* Ties the sealer to this database's commits (SQLite); each program that writes calls it once after opening. */
void zy_audit_attach(zy_env *env);
typedef struct zy_sealer zy_sealer;
ZY_CHECKED zy_status zy_sealer_start(zy_env *env, zy_sealer **ret_sealer, zy_err *err);
void zy_sealer_stop(zy_sealer *s); /* seals what is left, writes a last checkpoint */
/* For command-line programs: seal and sign everything of this node now. */
ZY_CHECKED zy_status zy_audit_seal_now(zy_env *env, zy_err *err);

typedef struct zy_audit_report {
    int64_t records, sealed, unsealed, checkpoints, nodes, linked; /* linked: journal and order rows whose record exists */
    int64_t faults;
    char first_fault[200];
} zy_audit_report;
/* Recomputes every digest and chain, checks each checkpoint's signature against the key service's (or given)
 * audit public keys, gaps in seal order, records named by registered links (zy_audit_link). ZY_AUDIT_BROKEN
 * with the report filled. oldest unsealed record older than 60 s of `now` counts as a fault. */
ZY_CHECKED zy_status zy_audit_verify(zy_env *env, void (*progress)(int64_t done, void *), void *arg,
                                     zy_audit_report *ret_report, zy_err *err);
/* A room whose rows name audit records registers a query (params: $1 = after row id, $2 = limit; columns: row id,
 * audit id; ordered by row id). */
void zy_audit_link(const zy_sql *sql);
/* Exports signed checkpoints as JSON lines. */
ZY_CHECKED zy_status zy_audit_export_checkpoints(zy_env *env, zy_buf *out, zy_err *err);

/* Search for the console: newest first, keyset paged. Empty filters match all. */
typedef struct zy_audit_filter {
    zy_str event_prefix, actor_kind;
    zy_id actor, object;
    zy_time from, to;       /* 0: open */
    zy_id before;           /* cursor: records with a smaller id; 0: newest */
    int limit;              /* <= 100 */
} zy_audit_filter;
/* Pushes objects {id,at,event,actor_kind,actor,object_kind,object,address,device,result,detail,trace,sealed}. */
ZY_CHECKED zy_status zy_audit_search(zy_rtx *rtx, const zy_audit_filter *filter, zy_json *ret_array, zy_id *ret_next,
                                     zy_err *err);

/* The dispatcher's hook for refused calls (zy_api_hooks.refused): a record in a unit of its own; a call over its rate leaves none. */
void zy_audit_refusal(const zy_call *call, zy_status status, const zy_err *err);
