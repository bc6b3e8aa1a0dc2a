/* Page cursors: "<time>.<id>", the key of the last row that was given out. */
#include <stdio.h>

#include "api/api.h"

void zy_cursor_write(zy_time at, zy_id id, char out[ZY_CURSOR_MAX])
{
    char text[ZY_ID_TEXT_MAX];
    zy_id_format(id, text);
    snprintf(out, ZY_CURSOR_MAX, "%lld.%s", (long long)at.ms, text);
}

zy_status zy_cursor_parse(zy_str cursor, zy_time *ret_at, zy_id *ret_id, zy_err *err)
{
    zy_str at;
    zy_time time;
    zy_id id;
    if (!zy_str_next(&cursor, '.', &at) || zy_str_i64(at, &time.ms) != ZY_OK || zy_id_parse(cursor, &id) != ZY_OK)
        return zy_fail(err, ZY_BAD_FIELD, "cursor", "not a cursor of ours");
    *ret_at = time;
    *ret_id = id;
    return ZY_OK;
}
