/* The customer's message centre: message.list, message.read. Texts are sealed rows. */
#pragma once
#include "api/api.h"

/* Adds a message in the deed's transaction. kind: "transfer", "security", "notice". Chinese text. */
ZY_CHECKED zy_status zy_notify_add(zy_tx *tx, zy_env *env, zy_id customer, const char *kind, zy_str title, zy_str text,
                                   zy_err *err);
extern const zy_api ZY_NOTIFY_APIS[];
extern const size_t ZY_NOTIFY_API_COUNT;
