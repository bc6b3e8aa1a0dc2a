/* The canonical text: what the customer sees is what the digest, the factors and the posting are bound to. */
#include <assert.h>
#include <string.h>

#include "flow/flow_internal.h"

static bool is_control(uint32_t rune)
{
    return rune < 0x20 || (rune >= 0x7f && rune <= 0x9f) || rune == 0xfffd || rune == 0x2028 || rune == 0x2029;
}

static bool may_stand(zy_str value)
{
    if (!zy_str_is_utf8(value))
        return false;
    for (size_t at = 0; at < value.n;)
        if (is_control(zy_str_rune(value, &at)))
            return false;
    return true;
}

static void add_line(zy_order_lines *lines, const char *name, zy_str value)
{
    assert(name[0] != 0 && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name));
    lines->bad = lines->bad || !may_stand(value);
    zy_buf_char(&lines->text, '\n');
    zy_buf_c(&lines->text, name);
    zy_buf_char(&lines->text, '=');
    zy_buf_str(&lines->text, value);
}

void zy_order_line(zy_order_lines *lines, const char *name, zy_str value, const char *label, zy_str shown)
{
    add_line(lines, name, value);
    if (label == NULL || shown.n == 0)
        return;
    zy_json *row = zy_json_object();
    zy_json_set_c(row, "label", label);
    zy_json_set_str(row, "value", shown);
    zy_json_push(lines->display, row);
}

void order_lines_begin(zy_order_lines *lines, zy_id id, const char *kind)
{
    char text[ZY_ID_TEXT_MAX];
    *lines = (zy_order_lines){ .display = zy_json_array(), .text = { .max = 8192 } };
    zy_id_format(id, text);
    zy_buf_c(&lines->text, "zhangyin-order/1");
    add_line(lines, "order_id", zy_str_of(text));
    add_line(lines, "kind", zy_str_of(kind));
}

zy_status order_lines_end(zy_order_lines *lines, zy_time now, uint8_t ret_digest[ZY_SM3_BYTES], zy_err *err)
{
    char at[ZY_TIME_TEXT_MAX];
    zy_time_format(now, at);
    add_line(lines, "prepared_at", zy_str_of(at));
    if (lines->bad || zy_buf_failed(&lines->text))
        return zy_fail(err, ZY_INTERNAL, "", "a value that may not stand in an order");
    return zy_sm3(ZY_PARTS(ZY_PART(lines->text.p, lines->text.n)), ret_digest);
}

void order_lines_free(zy_order_lines *lines)
{
    zy_buf_wipe(&lines->text);
    zy_json_free(lines->display);
    lines->display = NULL;
}
