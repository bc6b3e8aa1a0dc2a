/* A document on A4 pages: title, lines, a table that goes on, and on every page the code and the page's number. */
#include <hpdf.h>
#include <stdio.h>
#include <string.h>

#include "service/document/document_internal.h"

enum { PAGES_MAX = 200 };
#define MARGIN    48.0f
#define BODY      9.0f
#define ROW       15.0f
#define LINE      18.0f
#define LABEL     90.0f
#define CELL_GAP  4.0f
#define FOOT      MARGIN

/* libharu says errors by a callback and goes on harmlessly: the first one is kept and looked at at the end. */
static void keep_error(HPDF_STATUS error, HPDF_STATUS detail, void *arg)
{
    HPDF_STATUS *first = arg;
    (void)detail;
    if (*first == HPDF_OK)
        *first = error;
}

typedef struct paper {
    HPDF_Doc pdf;
    HPDF_Font font;
    HPDF_Page page;
    const zy_document *d;
    const char *code, *brand;
    float width, y; /* y: where the next line stands */
    int pages;
} paper;

static void put(const paper *p, float x, float y, float size, const char *text)
{
    HPDF_Page_BeginText(p->page);
    HPDF_Page_SetFontAndSize(p->page, p->font, size);
    HPDF_Page_TextOut(p->page, x, y, text);
    HPDF_Page_EndText(p->page);
}

static float width_of(const paper *p, const char *text)
{
    return HPDF_Page_TextWidth(p->page, text);
}

static void rule(const paper *p, float y)
{
    HPDF_Page_SetLineWidth(p->page, 0.5f);
    HPDF_Page_SetRGBStroke(p->page, 0.82f, 0.86f, 0.85f);
    HPDF_Page_MoveTo(p->page, MARGIN, y);
    HPDF_Page_LineTo(p->page, MARGIN + p->width, y);
    HPDF_Page_Stroke(p->page);
}

static void put_foot(const paper *p)
{
    char text[120];
    snprintf(text, sizeof text, "验证码 %s    第 %d 页", p->code, p->pages);
    rule(p, FOOT + 6);
    put(p, MARGIN, FOOT - 8, 8, text);
}

/* Cut off at the right, between characters, until it fits. */
static void fit(const paper *p, zy_str text, float width, char *out, size_t size)
{
    zy_str cut = zy_str_clip_utf8(text, size - 1);
    for (;;) {
        if (zy_str_copy(cut, out, size) != ZY_OK)
            out[0] = '\0';
        if (cut.n == 0 || width_of(p, out) <= width)
            return;
        cut = zy_str_clip_utf8(cut, cut.n - 1);
    }
}

static void put_cell(const paper *p, float x, float width, bool right, zy_str text)
{
    char shown[200];
    HPDF_Page_SetFontAndSize(p->page, p->font, BODY);
    fit(p, text, width - CELL_GAP, shown, sizeof shown);
    put(p, right ? x + width - CELL_GAP - width_of(p, shown) : x, p->y, BODY, shown);
}

static void put_titles(paper *p)
{
    float x = MARGIN;
    for (size_t c = 0; c < p->d->column_count; c++) {
        const zy_document_column *column = &p->d->columns[c];
        put_cell(p, x, column->share * p->width, column->right, zy_str_of(column->title));
        x += column->share * p->width;
    }
    rule(p, p->y - 5);
    p->y -= ROW + 3;
}

static bool new_page(paper *p)
{
    p->page = p->pages < PAGES_MAX ? HPDF_AddPage(p->pdf) : NULL;
    if (p->page == NULL)
        return false;
    p->pages++;
    HPDF_Page_SetSize(p->page, HPDF_PAGE_SIZE_A4, HPDF_PAGE_PORTRAIT);
    p->width = HPDF_Page_GetWidth(p->page) - 2 * MARGIN;
    p->y = HPDF_Page_GetHeight(p->page) - MARGIN - 12;
    put_foot(p);
    return true;
}

static void put_head(paper *p)
{
    HPDF_Page_SetRGBFill(p->page, 0.04f, 0.48f, 0.40f);
    put(p, MARGIN, p->y, 11, p->brand);
    HPDF_Page_SetRGBFill(p->page, 0.08f, 0.13f, 0.12f);
    p->y -= 28;
    put(p, MARGIN, p->y, 18, p->d->title);
    p->y -= 14;
    rule(p, p->y);
    p->y -= 20;
    for (size_t i = 0; i < p->d->line_count; i++) {
        put(p, MARGIN, p->y, 10, p->d->lines[i].label);
        put(p, MARGIN + LABEL, p->y, 10, p->d->lines[i].value);
        p->y -= LINE;
    }
    put(p, MARGIN, p->y, 10, "验证码");
    put(p, MARGIN + LABEL, p->y, 10, p->code);
    p->y -= 2 * LINE;
}

static bool put_rows(paper *p)
{
    for (size_t r = 0; r < zy_json_count(p->d->rows); r++) {
        float x = MARGIN;
        if (p->y < FOOT + 2 * ROW) {
            if (!new_page(p))
                return false;
            put_titles(p);
        }
        for (size_t c = 0; c < p->d->column_count; c++) {
            float width = p->d->columns[c].share * p->width;
            put_cell(p, x, width, p->d->columns[c].right, document_cell(p->d->rows, r, c));
            x += width;
        }
        p->y -= ROW;
    }
    return true;
}

static bool open_font(paper *p, const char *path)
{
    HPDF_UseUTFEncodings(p->pdf);
    HPDF_SetCompressionMode(p->pdf, HPDF_COMP_ALL);
    size_t n = strlen(path);
    bool collection = n > 4 && strcmp(path + n - 4, ".ttc") == 0;
    const char *name = collection ? HPDF_LoadTTFontFromFile2(p->pdf, path, 0, HPDF_TRUE) : HPDF_LoadTTFontFromFile(p->pdf, path, HPDF_TRUE);
    p->font = name != NULL ? HPDF_GetFont(p->pdf, name, "UTF-8") : NULL;
    return p->font != NULL;
}

static bool draw(paper *p, const char *font)
{
    if (!open_font(p, font) || !new_page(p))
        return false;
    put_head(p);
    if (p->d->column_count == 0)
        return true;
    put_titles(p);
    return put_rows(p);
}

static void take_out(HPDF_Doc pdf, zy_buf *out)
{
    HPDF_BYTE piece[16384];
    HPDF_SaveToStream(pdf);
    HPDF_ResetStream(pdf);
    for (;;) {
        HPDF_UINT32 n = sizeof piece;
        HPDF_ReadFromStream(pdf, piece, &n);
        if (n == 0)
            return;
        zy_buf_add(out, piece, n);
    }
}

zy_status document_pdf(zy_env *env, const zy_document *d, const char *code, zy_buf *out, zy_err *err)
{
    HPDF_STATUS first = HPDF_OK;
    paper p = { .pdf = HPDF_New(keep_error, &first), .d = d, .code = code, .brand = zy_config_text(env->config, "brand.name").p };
    if (p.pdf == NULL)
        return zy_fail(err, ZY_NO_MEMORY, NULL, "no memory for a document");
    bool drawn = draw(&p, zy_config_text(env->config, "document.font").p) && first == HPDF_OK;
    if (drawn)
        take_out(p.pdf, out);
    HPDF_Free(p.pdf);
    if (!drawn)
        return zy_fail(err, ZY_INTERNAL, NULL, "libharu says %04lx; is document.font there?", (unsigned long)first);
    if (out->n > 0 && out->p[out->n - 1] != '\n')
        zy_buf_char(out, '\n');
    return zy_buf_failed(out) ? zy_fail(err, ZY_REQUEST_TOO_LARGE, NULL, "the document is too large") : ZY_OK;
}
