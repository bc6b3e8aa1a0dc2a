/* Maker and checker: what one staff member asks for, another approves; then it is carried out, once. */
#pragma once
#include "api/env.h"
#include "base/json.h"

#define ZY_APPROVAL_MADE_MAX 1024

/* A kind of request; the room that can carry it out registers it at start. */
typedef struct zy_approval_kind {
    const char *name;        /* "api.switch" */
    const char *permission_make, *permission_check;
    /* Checks the payload and fills before/after for the checker's comparison. */
    zy_status (*describe)(zy_rtx *rtx, zy_env *env, const zy_json *payload, zy_json *ret_before, zy_json *ret_after, zy_err *err);
    /* Carries it out in the approving transaction. */
    zy_status (*apply)(zy_tx *tx, zy_env *env, const zy_json *payload, zy_id maker, zy_id checker, zy_err *err);
    void (*after)(zy_env *env); /* after the commit (cache drops); may be NULL */
    /* What follows from a refusal, in the refusing transaction; NULL: nothing. */
    zy_status (*refuse)(zy_tx *tx, zy_env *env, const zy_json *payload, zy_id checker, zy_err *err);
    /* Instead of `apply`, where something costly (a hash) has to be made first: `make` fills made_size bytes (at most
     * ZY_APPROVAL_MADE_MAX) before the approving transaction begins; they are wiped when it ended, whatever came of it. */
    zy_status (*make)(zy_env *env, void *made, zy_err *err);
    size_t made_size;
    zy_status (*apply_made)(zy_tx *tx, zy_env *env, const zy_json *payload, const void *made, zy_id checker, zy_err *err);
} zy_approval_kind;
void zy_approval_register(const zy_approval_kind *kind);
const zy_approval_kind *zy_approval_find(zy_str name);

ZY_CHECKED zy_status zy_approval_request(zy_env *env, const zy_approval_kind *kind, zy_id maker, const zy_json *payload,
                                         zy_str reason, zy_id *ret_request, zy_err *err);
/* The same inside the unit of a deed. customer: it is a customer who asks for it; `maker` is his id then. */
ZY_CHECKED zy_status zy_approval_request_in(zy_tx *tx, zy_env *env, const zy_approval_kind *kind, zy_id maker, bool customer,
                                            const zy_json *payload, zy_str reason, zy_id *ret_request, zy_err *err);
/* approve=false refuses. ZY_MAKER_IS_CHECKER, ZY_STATE_CONFLICT (decided already, or the `before` changed
 * since), ZY_NOT_FOUND. A request dies after 7 days. */
ZY_CHECKED zy_status zy_approval_decide(zy_env *env, zy_id request, zy_id checker, bool approve, zy_str comment, zy_err *err);
/* The kind of a request, for the permission to check it. ZY_NOT_FOUND, ZY_STATE_CONFLICT (no room has this kind any more). */
ZY_CHECKED zy_status zy_approval_kind_of(zy_rtx *rtx, zy_id request, const zy_approval_kind **ret_kind, zy_err *err);
/* How many requests wait and can still be decided. */
ZY_CHECKED zy_status zy_approval_waiting(zy_rtx *rtx, zy_time now, int64_t *ret_count, zy_err *err);
/* state: "waiting" | "approved" | "refused" | "" ; keyset paged, newest first. Pushes
 * {request_id, kind, state, maker, checker, reason, comment, before, after, at, decided_at}. */
ZY_CHECKED zy_status zy_approval_list(zy_rtx *rtx, zy_str state, zy_id before, int limit, zy_json *ret_array, zy_id *ret_next,
                                      zy_err *err);
