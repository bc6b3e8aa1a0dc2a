/* The log: one JSON object a line, personal values masked by the type of the field. */
#pragma once

#include "base/clock.h"
#include "base/id.h"

typedef enum { ZY_LOG_DEBUG, ZY_LOG_INFO, ZY_LOG_WARN, ZY_LOG_ERROR } zy_log_level;

typedef enum {
    ZY_LOGF_INT, ZY_LOGF_TEXT, /* TEXT: words of ours, never a person's */
    ZY_LOGF_ID, ZY_LOGF_PHONE, ZY_LOGF_NAME, ZY_LOGF_CARD, ZY_LOGF_ADDR_IP
} zy_log_kind;
typedef struct zy_log_field {
    const char *key;
    zy_log_kind kind;
    int64_t i;
    zy_str s;
} zy_log_field;
#define ZY_L_INT(k, v)   ((zy_log_field){ .key = (k), .kind = ZY_LOGF_INT, .i = (int64_t)(v) })
#define ZY_L_TEXT(k, v)  ((zy_log_field){ .key = (k), .kind = ZY_LOGF_TEXT, .s = (v) })
#define ZY_L_C(k, v)     ((zy_log_field){ .key = (k), .kind = ZY_LOGF_TEXT, .s = zy_str_of(v) })
#define ZY_L_ID(k, id)   ((zy_log_field){ .key = (k), .kind = ZY_LOGF_ID, .i = (id).v })
#define ZY_L_PHONE(k, v) ((zy_log_field){ .key = (k), .kind = ZY_LOGF_PHONE, .s = (v) })
#define ZY_L_NAME(k, v)  ((zy_log_field){ .key = (k), .kind = ZY_LOGF_NAME, .s = (v) })
#define ZY_L_CARD(k, v)  ((zy_log_field){ .key = (k), .kind = ZY_LOGF_CARD, .s = (v) })

/* Where lines go: a file descriptor (default 2) and the lowest level written (default INFO). */
void zy_log_open(int fd, zy_log_level lowest);
/* The correlation id that every line of this thread carries until it is set anew; "" for none. */
void zy_log_trace(zy_str trace);
zy_str zy_log_trace_now(void);
void zy_log_write(zy_log_level level, const char *event, const zy_log_field *fields, size_t count);
#define ZY_LOG_(level, event, ...)                                             \
    zy_log_write((level), (event), (const zy_log_field[]){ { 0 }, ##__VA_ARGS__ } + 1, \
                 sizeof((zy_log_field[]){ { 0 }, ##__VA_ARGS__ }) / sizeof(zy_log_field) - 1)
#define zy_log_debug(event, ...) ZY_LOG_(ZY_LOG_DEBUG, event, ##__VA_ARGS__)
#define zy_log_info(event, ...)  ZY_LOG_(ZY_LOG_INFO, event, ##__VA_ARGS__)
#define zy_log_warn(event, ...)  ZY_LOG_(ZY_LOG_WARN, event, ##__VA_ARGS__)
#define zy_log_error(event, ...) ZY_LOG_(ZY_LOG_ERROR, event, ##__VA_ARGS__)
/* Logs a failure once: status name, field and detail of err; a refusal as a warning, a fault of ours as an error. */
void zy_log_err(const char *event, const zy_err *err);
