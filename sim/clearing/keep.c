/* The book in a file: written anew after each change, so that a house that is started again goes on where it was. */
#include <assert.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "book.h"

#define STATE_MAX (64u << 20)

typedef enum { KEPT_TEXT, KEPT_INT64, KEPT_INT32 } kept_kind;
typedef struct kept {
    const char *name;
    kept_kind kind;
    size_t offset, size;
} kept;

#define TEXT_OF(type, member) { #member, KEPT_TEXT, offsetof(type, member), sizeof((type *)0)->member }
#define MONEY_OF(type, member) { #member, KEPT_INT64, offsetof(type, member.fen), 8 }
#define INT_OF(type, member)  { #member, KEPT_INT64, offsetof(type, member), 8 }
#define DAY_OF(type, member)  { #member, KEPT_INT32, offsetof(type, member.days), 4 }

static const kept TRANSFER[] = {
    TEXT_OF(book_transfer, id),          TEXT_OF(book_transfer, order_ref),   TEXT_OF(book_transfer, way),
    TEXT_OF(book_transfer, from_bank),   TEXT_OF(book_transfer, to_bank),     TEXT_OF(book_transfer, from_number),
    TEXT_OF(book_transfer, to_number),   TEXT_OF(book_transfer, from_name),   TEXT_OF(book_transfer, to_name),
    TEXT_OF(book_transfer, memo),        TEXT_OF(book_transfer, status),      TEXT_OF(book_transfer, reason),
    TEXT_OF(book_transfer, return_id),   TEXT_OF(book_transfer, return_reason), MONEY_OF(book_transfer, amount),
    DAY_OF(book_transfer, taken_on),     DAY_OF(book_transfer, day),          DAY_OF(book_transfer, return_day),
};
static const kept MAIL[] = {
    TEXT_OF(book_mail, bank),    TEXT_OF(book_mail, id),       TEXT_OF(book_mail, original_id), TEXT_OF(book_mail, item_id),
    TEXT_OF(book_mail, status),  TEXT_OF(book_mail, reason),   { "kind", KEPT_INT32, offsetof(book_mail, kind), 4 },
    INT_OF(book_mail, number),   INT_OF(book_mail, ready_ms),  DAY_OF(book_mail, day),
};
static const kept BINDING[] = {
    TEXT_OF(book_binding, phone), TEXT_OF(book_binding, bank), TEXT_OF(book_binding, number), TEXT_OF(book_binding, name),
};
static const kept ACCOUNT[] = {
    TEXT_OF(house_account, bank), TEXT_OF(house_account, number), TEXT_OF(house_account, name), TEXT_OF(house_account, state),
};
static_assert(sizeof(zy_iso_kind) == 4, "kept as 32 bits");

typedef struct kept_list {
    const char *name;
    const kept *members;
    size_t member_count, offset, row_size; /* offset of the list in the house */
} kept_list;

typedef BOOK_LIST(void) any_list;

#define LIST_OF(list, table) { #list, table, ZY_COUNT(table), offsetof(clearing_house, list), sizeof *((clearing_house *)0)->list.rows }
static const kept_list LISTS[] = {
    LIST_OF(transfers, TRANSFER), LIST_OF(mail, MAIL), LIST_OF(bindings, BINDING), LIST_OF(accounts, ACCOUNT),
};

/* --- writing --- */

static zy_json *row_write(const kept_list *l, const char *row)
{
    zy_json *one = zy_json_object();
    for (size_t i = 0; i < l->member_count; i++) {
        const kept *k = &l->members[i];
        int64_t wide = 0;
        int32_t narrow = 0;
        if (k->kind == KEPT_TEXT) {
            zy_json_set_c(one, k->name, row + k->offset);
            continue;
        }
        memcpy(k->kind == KEPT_INT64 ? (void *)&wide : (void *)&narrow, row + k->offset, k->size);
        zy_json_set_int(one, k->name, k->kind == KEPT_INT64 ? wide : narrow);
    }
    return one;
}

static zy_json *house_write(const clearing_house *h)
{
    zy_json *all = zy_json_object();
    zy_json_set_int(all, "last_number", h->last_number);
    zy_json_set_int(all, "last_id", h->last_id);
    for (size_t i = 0; i < ZY_COUNT(LISTS); i++) {
        const any_list *list = (const void *)((const char *)h + LISTS[i].offset);
        zy_json *rows = zy_json_array();
        for (size_t k = 0; k < list->count; k++)
            zy_json_push(rows, row_write(&LISTS[i], (const char *)list->rows + k * LISTS[i].row_size));
        zy_json_set(all, LISTS[i].name, rows);
    }
    return all;
}

static bool write_file(const char *path, zy_str text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (file == NULL)
        return false;
    bool written = fwrite(text.p, 1, text.n, file) == text.n;
    return fclose(file) == 0 && written;
}

void keep_write(clearing_house *h)
{
    char path[240], fresh[248];
    ZY_AUTO_BUF text = { .max = STATE_MAX };
    if (h->folder[0] == '\0')
        return;
    ZY_AUTO(zy_json_free) zy_json *all = house_write(h);
    zy_json_write(all, &text);
    snprintf(path, sizeof path, "%s/state.json", h->folder);
    snprintf(fresh, sizeof fresh, "%s.new", path);
    if (zy_buf_failed(&text) || !write_file(fresh, zy_buf_view(&text)) || rename(fresh, path) != 0)
        zy_log_warn("clearing.not_kept", ZY_L_C("path", path));
}

/* --- reading --- */

static zy_status row_read(const kept_list *l, const zy_json *one, char *row)
{
    for (size_t i = 0; i < l->member_count; i++) {
        const kept *k = &l->members[i];
        zy_str text;
        int64_t wide = 0;
        if (k->kind == KEPT_TEXT) {
            if (!zy_json_str(one, k->name, &text))
                return ZY_BAD_REQUEST;
            ZY_TRY(zy_str_copy(text, row + k->offset, k->size));
            continue;
        }
        if (!zy_json_int(one, k->name, &wide))
            return ZY_BAD_REQUEST;
        const int32_t narrow = (int32_t)wide;
        memcpy(row + k->offset, k->kind == KEPT_INT64 ? (const void *)&wide : (const void *)&narrow, k->size);
    }
    return ZY_OK;
}

static zy_status list_read(clearing_house *h, const kept_list *l, const zy_json *rows)
{
    any_list *list = (void *)((char *)h + l->offset);
    list->count = 0;
    for (size_t i = 0; i < zy_json_count(rows); i++) {
        char *row = book_grow(&list->rows, &list->count, &list->room, l->row_size);
        if (row == NULL)
            return ZY_NO_MEMORY;
        ZY_TRY(row_read(l, zy_json_at(rows, i), row));
    }
    return ZY_OK;
}

static zy_status read_file(const char *path, zy_buf *out)
{
    char piece[4096];
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return ZY_NOT_FOUND;
    for (size_t n; (n = fread(piece, 1, sizeof piece, file)) > 0;)
        zy_buf_add(out, piece, n);
    fclose(file);
    return zy_buf_failed(out) ? ZY_REQUEST_TOO_LARGE : ZY_OK;
}

zy_status keep_read(clearing_house *h, zy_err *err)
{
    char path[240];
    ZY_AUTO_BUF text = { .max = STATE_MAX };
    ZY_AUTO(zy_json_free) zy_json *all = NULL;
    snprintf(path, sizeof path, "%s/state.json", h->folder);
    zy_status status = read_file(path, &text);
    if (status == ZY_NOT_FOUND)
        return ZY_OK;
    if (status == ZY_OK)
        status = zy_json_parse(zy_buf_view(&text), &all);
    if (status == ZY_OK && (!zy_json_int(all, "last_number", &h->last_number) || !zy_json_int(all, "last_id", &h->last_id)))
        status = ZY_BAD_REQUEST;
    for (size_t i = 0; i < ZY_COUNT(LISTS) && status == ZY_OK; i++)
        status = list_read(h, &LISTS[i], zy_json_get(all, LISTS[i].name));
    return status == ZY_OK ? ZY_OK : zy_fail(err, status, NULL, "%.180s is no state of a house", path);
}
