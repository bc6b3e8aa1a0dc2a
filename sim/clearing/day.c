#include "day.h"

#include <stdlib.h>
#include <string.h>

static const book_planted *planted_on(const clearing_house *h, house_difference difference, const char *id, zy_day day)
{
    for (size_t i = 0; i < h->planted_count; i++) {
        const book_planted *p = &h->planted[i];
        if (p->difference == difference && p->day.days == day.days && strcmp(p->id, id) == 0)
            return p;
    }
    return NULL;
}

typedef struct gathered {
    zy_iso_entry *rows;
    size_t count, room;
} gathered;

static zy_str shown_status(const clearing_house *h, const char *id, zy_day day, const char *status)
{
    bool settled = strcmp(status, "ACSC") == 0;
    if (planted_on(h, HOUSE_LINE_OUTCOME, id, day) != NULL)
        settled = !settled;
    else if (strcmp(status, "PDNG") == 0)
        return ZY_STR("PDNG");
    return settled ? ZY_STR("BOOK") : ZY_STR("INFO");
}

static zy_status add(const clearing_house *h, gathered *g, zy_day day, zy_iso_entry entry, const char *id, const char *status)
{
    const book_planted *other = planted_on(h, HOUSE_LINE_AMOUNT, id, day);
    if (planted_on(h, HOUSE_LINE_MISSING, id, day) != NULL)
        return ZY_OK;
    zy_iso_entry *row = book_grow((void **)&g->rows, &g->count, &g->room, sizeof *row);
    if (row == NULL)
        return ZY_NO_MEMORY;
    *row = entry;
    row->message_id = zy_str_of(id);
    row->status = shown_status(h, id, day, status);
    if (other != NULL)
        row->amount = other->amount;
    return ZY_OK;
}

/* A transfer stands in the file of the day on which the house took it; its return in that of its own day. */
static zy_status gather_transfer(const clearing_house *h, gathered *g, zy_str bank, zy_day day, const book_transfer *t)
{
    bool pays = zy_str_eq_c(bank, t->from_bank);
    if (!pays && !zy_str_eq_c(bank, t->to_bank))
        return ZY_OK;
    zy_iso_entry entry = { .amount = t->amount,
                           .way = zy_str_of(t->way),
                           .order_ref = zy_str_of(t->order_ref),
                           .direction = pays ? ZY_STR("DBIT") : ZY_STR("CRDT") };
    if (t->taken_on.days == day.days)
        ZY_TRY(add(h, g, day, entry, t->id, t->status));
    if (t->return_id[0] == '\0' || t->return_day.days != day.days)
        return ZY_OK;
    entry.direction = pays ? ZY_STR("CRDT") : ZY_STR("DBIT");
    entry.is_return = true;
    return add(h, g, day, entry, t->return_id, "ACSC");
}

static zy_status gather(const clearing_house *h, gathered *g, zy_str bank, zy_day day)
{
    for (size_t i = 0; i < h->transfers.count; i++)
        ZY_TRY(gather_transfer(h, g, bank, day, &h->transfers.rows[i]));
    for (size_t i = 0; i < h->planted_count; i++) {
        const book_planted *p = &h->planted[i];
        const zy_iso_entry entry = {
            .amount = p->amount, .way = ZY_STR("INSTANT"), .order_ref = zy_str_of(p->id), .direction = ZY_STR("DBIT")
        };
        if (p->difference == HOUSE_LINE_EXTRA && p->day.days == day.days)
            ZY_TRY(add(h, g, day, entry, p->id, "ACSC"));
    }
    return ZY_OK;
}

static void add_up(const gathered *g, zy_iso_message *m)
{
    for (size_t i = 0; i < g->count; i++) {
        bool credit = zy_str_eq_c(g->rows[i].direction, "CRDT");
        ++*(credit ? &m->credit_count : &m->debit_count);
        (credit ? &m->credit_sum : &m->debit_sum)->fen += g->rows[i].amount.fen;
    }
}

zy_status day_page(clearing_house *h, zy_str bank, zy_day day, int64_t page, zy_iso_message *m, zy_iso_entry **ret_entries)
{
    gathered g = { .count = 0 };
    zy_status status = gather(h, &g, bank, day);
    size_t from = page > 0 ? ((size_t)page - 1) * ZY_ISO_ENTRIES_MAX : SIZE_MAX;
    if (status == ZY_OK && (from > g.count || (from == g.count && page > 1)))
        status = ZY_BAD_REQUEST;
    if (status != ZY_OK) {
        free(g.rows);
        return status;
    }
    add_up(&g, m);
    m->page = page;
    m->entries = g.rows != NULL ? g.rows + from : NULL;
    m->entry_count = g.count - from < ZY_ISO_ENTRIES_MAX ? g.count - from : ZY_ISO_ENTRIES_MAX;
    m->last_page = from + m->entry_count == g.count;
    m->day_from = zy_day_start(day);
    m->day_to = zy_time_add(m->day_from, ZY_MS(ZY_DAYS(1).ms - 1));
    *ret_entries = g.rows;
    return ZY_OK;
}
