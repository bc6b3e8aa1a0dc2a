/* A statement for a spreadsheet: UTF-8 with its mark, every cell quoted. */
#include <string.h>

#include "service/document/document_internal.h"

zy_str document_cell(const zy_json *rows, size_t row, size_t column)
{
    zy_str text = { 0 };
    (void)zy_json_as_str(zy_json_at(zy_json_at(rows, row), column), &text);
    return text;
}

/* What a spreadsheet would take for a formula is a text; a plain figure stays one. */
static bool is_formula(zy_str s)
{
    if (s.n == 0 || strchr("=+-@\t\r", s.p[0]) == NULL)
        return false;
    for (size_t i = 1; i < s.n; i++)
        if (strchr("0123456789.,", s.p[i]) == NULL)
            return true;
    return s.p[0] != '-' && s.p[0] != '+';
}

static void put_cell(zy_buf *out, zy_str text, bool last)
{
    zy_buf_char(out, '"');
    if (is_formula(text))
        zy_buf_char(out, '\'');
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '"')
            zy_buf_char(out, '"');
        zy_buf_char(out, text.p[i] == '\n' || text.p[i] == '\r' ? ' ' : text.p[i]);
    }
    zy_buf_c(out, last ? "\"\r\n" : "\",");
}

static void put_pair(zy_buf *out, const char *label, const char *value)
{
    put_cell(out, zy_str_of(label), false);
    put_cell(out, zy_str_of(value), true);
}

zy_status document_csv(zy_env *env, const zy_document *d, const char *code, zy_buf *out, zy_err *err)
{
    zy_buf_c(out, "\xEF\xBB\xBF");
    put_pair(out, zy_config_text(env->config, "brand.name").p, d->title);
    for (size_t i = 0; i < d->line_count; i++)
        put_pair(out, d->lines[i].label, d->lines[i].value);
    put_pair(out, "验证码", code);
    for (size_t c = 0; c < d->column_count; c++)
        put_cell(out, zy_str_of(d->columns[c].title), c + 1 == d->column_count);
    for (size_t r = 0; r < zy_json_count(d->rows); r++)
        for (size_t c = 0; c < d->column_count; c++)
            put_cell(out, document_cell(d->rows, r, c), c + 1 == d->column_count);
    return zy_buf_failed(out) ? zy_fail(err, ZY_REQUEST_TOO_LARGE, NULL, "the document is too large") : ZY_OK;
}
