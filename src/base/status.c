#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>

typedef struct status_row {
    zy_status status;
    int http;
    const char *name, *text;
} status_row;

static const status_row ROWS[] = {
#define STATUS_ROW(name, number, http, text) { ZY_##name, http, #name, text },
    ZY_STATUS_LIST(STATUS_ROW)
#undef STATUS_ROW
};

static const status_row *row_of(zy_status status)
{
    const status_row *internal = NULL;
    for (size_t i = 0; i < ZY_COUNT(ROWS); i++) {
        if (ROWS[i].status == status)
            return &ROWS[i];
        if (ROWS[i].status == ZY_INTERNAL)
            internal = &ROWS[i];
    }
    return internal;
}

const char *zy_status_name(zy_status status)
{
    return row_of(status)->name;
}

const char *zy_status_text(zy_status status)
{
    return row_of(status)->text;
}

int zy_status_http(zy_status status)
{
    return row_of(status)->http;
}

zy_status zy_fail(zy_err *err, zy_status status, const char *field, const char *format, ...)
{
    if (err == NULL)
        return status;
    err->status = status;
    snprintf(err->field, sizeof err->field, "%s", field != NULL ? field : "");
    va_list args;
    va_start(args, format);
    vsnprintf(err->detail, sizeof err->detail, format, args);
    va_end(args);
    return status;
}
