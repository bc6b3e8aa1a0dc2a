#include "book.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH_MS 2000 /* until a batch is settled */

void *book_grow(void **rows, size_t *count, size_t *room, size_t size)
{
    if (*count == *room) {
        size_t more = *room > 0 ? 2 * *room : 32;
        void *grown = reallocarray(*rows, more, size);
        if (grown == NULL)
            return NULL;
        *rows = grown;
        *room = more;
    }
    void *row = (char *)*rows + size * (*count)++;
    memset(row, 0, size);
    return row;
}

book_transfer *book_transfer_find(clearing_house *h, zy_str id)
{
    for (size_t i = h->transfers.count; i > 0; i--) /* what is asked for is mostly young */
        if (zy_str_eq_c(id, h->transfers.rows[i - 1].id))
            return &h->transfers.rows[i - 1];
    return NULL;
}

const house_account *book_account_find(const clearing_house *h, zy_str bank, zy_str number)
{
    for (size_t i = 0; i < h->accounts.count; i++)
        if (zy_str_eq_c(bank, h->accounts.rows[i].bank) && zy_str_eq_c(number, h->accounts.rows[i].number))
            return &h->accounts.rows[i];
    return NULL;
}

book_binding *book_binding_find(clearing_house *h, zy_str phone)
{
    for (size_t i = 0; i < h->bindings.count; i++)
        if (zy_str_eq_c(phone, h->bindings.rows[i].phone))
            return &h->bindings.rows[i];
    return NULL;
}

void book_new_id(clearing_house *h, const char *prefix, char out[ID_MAX])
{
    snprintf(out, ID_MAX, "%s%lld-%lld", prefix, (long long)zy_clock_now(h->clock).ms, (long long)++h->last_id);
}

void book_mask(zy_str name, zy_buf *out)
{
    size_t chars = zy_str_chars(name), at = 0, index = 0;
    for (size_t from = 0; at < name.n; from = at, index++) {
        (void)zy_str_rune(name, &at);
        bool shown = index == 0 || (chars > 2 && index == chars - 1);
        zy_buf_str(out, shown ? zy_str_sub(name, from, at - from) : ZY_STR("*"));
    }
}

/* --- the mailbox --- */

zy_status book_mail_add(clearing_house *h, const book_mail *mail)
{
    book_mail *row = BOOK_ADD(&h->mail);
    if (row == NULL)
        return ZY_NO_MEMORY;
    *row = *mail;
    if (row->id[0] == '\0')
        book_new_id(h, "H", row->id);
    return ZY_OK;
}

static void number_what_is_ready(clearing_house *h)
{
    int64_t now = zy_clock_now(h->clock).ms;
    for (size_t i = 0; i < h->mail.count && !h->holding; i++)
        if (h->mail.rows[i].number == 0 && h->mail.rows[i].ready_ms <= now)
            h->mail.rows[i].number = ++h->last_number;
}

const book_mail *book_mail_next(clearing_house *h, zy_str bank, int64_t after)
{
    const book_mail *next = NULL;
    number_what_is_ready(h);
    for (size_t i = 0; i < h->mail.count; i++) {
        const book_mail *m = &h->mail.rows[i];
        if (m->number > after && zy_str_eq_c(bank, m->bank) && (next == NULL || m->number < next->number))
            next = m;
    }
    return next;
}

void clearing_house_hold(clearing_house *h)
{
    pthread_mutex_lock(&h->lock);
    number_what_is_ready(h);
    h->holding = true;
    pthread_mutex_unlock(&h->lock);
}

void clearing_house_release(clearing_house *h, bool reversed)
{
    pthread_mutex_lock(&h->lock);
    h->holding = false;
    for (size_t i = h->mail.count; i > 0 && reversed; i--)
        if (h->mail.rows[i - 1].number == 0)
            h->mail.rows[i - 1].number = ++h->last_number;
    number_what_is_ready(h);
    pthread_mutex_unlock(&h->lock);
}

/* --- transfers --- */

static zy_status copy_all(book_transfer *t, const zy_iso_message *m, zy_day today)
{
    const struct {
        zy_str from;
        char *to;
        size_t size;
    } TEXTS[] = {
        { m->id, t->id, sizeof t->id },
        { m->order_ref, t->order_ref, sizeof t->order_ref },
        { m->way, t->way, sizeof t->way },
        { m->debtor_bank, t->from_bank, sizeof t->from_bank },
        { m->debtor_name, t->from_name, sizeof t->from_name },
        { m->debtor_number, t->from_number, sizeof t->from_number },
        { m->creditor_bank, t->to_bank, sizeof t->to_bank },
        { m->creditor_name, t->to_name, sizeof t->to_name },
        { m->creditor_number, t->to_number, sizeof t->to_number },
        { m->memo, t->memo, sizeof t->memo },
    };
    for (size_t i = 0; i < ZY_COUNT(TEXTS); i++)
        ZY_TRY(zy_str_copy(TEXTS[i].from, TEXTS[i].to, TEXTS[i].size));
    t->amount = m->amount;
    t->taken_on = today;
    return ZY_OK;
}

static bool is_same(const book_transfer *t, const zy_iso_message *m)
{
    return t->amount.fen == m->amount.fen && zy_str_eq_c(m->order_ref, t->order_ref) && zy_str_eq_c(m->debtor_bank, t->from_bank) &&
           zy_str_eq_c(m->debtor_number, t->from_number) && zy_str_eq_c(m->creditor_bank, t->to_bank) &&
           zy_str_eq_c(m->creditor_number, t->to_number) && zy_str_eq_c(m->creditor_name, t->to_name);
}

static bool is_name(zy_str said, const char *name)
{
    ZY_AUTO_BUF masked = { 0 };
    book_mask(zy_str_of(name), &masked);
    return zy_str_eq_c(said, name) || zy_str_eq(said, zy_buf_view(&masked));
}

/* Why the payee's bank does not take it; NULL: it does. A member that takes part by itself answers itself. */
static const char *refusal(const clearing_house *h, const zy_iso_message *m)
{
    const house_account *a = book_account_find(h, m->creditor_bank, m->creditor_number);
    if (a == NULL)
        return "AC01";
    if (strcmp(a->state, "closed") == 0)
        return "AC04";
    if (strcmp(a->state, "frozen") == 0)
        return "AC06";
    return is_name(m->creditor_name, a->name) ? NULL : "BE01";
}

static void set_status(book_transfer *t, const char *status, const char *reason, zy_day day)
{
    snprintf(t->status, sizeof t->status, "%s", status);
    snprintf(t->reason, sizeof t->reason, "%s", reason != NULL ? reason : "");
    t->day = day;
}

static zy_status mail_status(clearing_house *h, const book_transfer *t, int64_t after_ms)
{
    book_mail mail = { .kind = ZY_ISO_STATUS, .ready_ms = zy_clock_now(h->clock).ms + after_ms, .day = t->day };
    memcpy(mail.bank, t->from_bank, sizeof mail.bank);
    memcpy(mail.original_id, t->id, sizeof mail.original_id);
    memcpy(mail.status, t->status, sizeof mail.status);
    memcpy(mail.reason, t->reason, sizeof mail.reason);
    return book_mail_add(h, &mail);
}

/* What the house tells in the first answer, while the transfer itself is decided already: the mailbox has the rest. */
static bool is_answered_later(const book_transfer *t, const house_plan *plan)
{
    bool late = plan != NULL && (plan->trick == HOUSE_LATE || plan->trick == HOUSE_LATE_REJECT);
    return late || strcmp(t->way, "BATCH") == 0;
}

static zy_status decide(clearing_house *h, book_transfer *t, const zy_iso_message *m, const house_plan *plan)
{
    const char *reason = refusal(h, m);
    if (plan != NULL && (plan->trick == HOUSE_REJECT || plan->trick == HOUSE_LATE_REJECT))
        reason = plan->reason;
    set_status(t, reason == NULL ? "ACSC" : "RJCT", reason, reason == NULL ? zy_day_of(zy_clock_now(h->clock)) : (zy_day){ 0 });
    if (is_answered_later(t, plan))
        return mail_status(h, t, plan != NULL && plan->ms > 0 ? plan->ms : BATCH_MS);
    for (int i = 0; i < 2 && plan != NULL && plan->trick == HOUSE_TWICE; i++)
        ZY_TRY(mail_status(h, t, 0));
    return ZY_OK;
}

zy_status book_take(clearing_house *h, const zy_iso_message *m, const house_plan *plan, book_transfer **ret_transfer)
{
    book_transfer *t = book_transfer_find(h, m->id);
    if (t != NULL) {
        *ret_transfer = t;
        return is_same(t, m) ? ZY_OK : ZY_STATE_CONFLICT;
    }
    t = BOOK_ADD(&h->transfers);
    if (t == NULL)
        return ZY_NO_MEMORY;
    zy_status status = copy_all(t, m, zy_day_of(zy_clock_now(h->clock)));
    if (status == ZY_OK)
        status = decide(h, t, m, plan);
    if (status != ZY_OK)
        h->transfers.count--;
    *ret_transfer = t;
    return status;
}

zy_status book_return(clearing_house *h, book_transfer *t, const char *reason)
{
    book_mail mail = { .kind = ZY_ISO_RETURN, .ready_ms = zy_clock_now(h->clock).ms, .day = zy_day_of(zy_clock_now(h->clock)) };
    if (strcmp(t->status, "ACSC") != 0 || t->return_id[0] != '\0')
        return ZY_STATE_CONFLICT;
    book_new_id(h, "R", t->return_id);
    snprintf(t->return_reason, sizeof t->return_reason, "%s", reason);
    t->return_day = mail.day;
    memcpy(mail.bank, t->from_bank, sizeof mail.bank);
    memcpy(mail.id, t->return_id, sizeof mail.id);
    memcpy(mail.original_id, t->id, sizeof mail.original_id);
    memcpy(mail.reason, t->return_reason, sizeof mail.reason);
    return book_mail_add(h, &mail);
}

static zy_status mail_recall_answer(clearing_house *h, const zy_iso_message *m, zy_str bank, const char *status, const char *reason)
{
    book_mail mail = { .kind = ZY_ISO_RECALL_ANSWER, .ready_ms = zy_clock_now(h->clock).ms };
    ZY_TRY(zy_str_copy(bank, mail.bank, sizeof mail.bank));
    ZY_TRY(zy_str_copy(m->original_id, mail.original_id, sizeof mail.original_id));
    ZY_TRY(zy_str_copy(m->item_id, mail.item_id, sizeof mail.item_id));
    snprintf(mail.status, sizeof mail.status, "%s", status);
    snprintf(mail.reason, sizeof mail.reason, "%s", reason);
    return book_mail_add(h, &mail);
}

static bool was_recalled(const clearing_house *h, zy_str recall_id)
{
    for (size_t i = 0; i < h->mail.count; i++)
        if (h->mail.rows[i].kind == ZY_ISO_RECALL_ANSWER && zy_str_eq_c(recall_id, h->mail.rows[i].item_id))
            return true;
    return false;
}

zy_status book_recall(clearing_house *h, const zy_iso_message *m, zy_str bank)
{
    book_transfer *t = book_transfer_find(h, m->original_id);
    if (was_recalled(h, m->item_id))
        return ZY_OK;
    if (t == NULL || !zy_str_eq_c(bank, t->from_bank))
        return mail_recall_answer(h, m, bank, "RJCR", "NOOR");
    if (strcmp(t->status, "ACSC") != 0 || t->return_id[0] != '\0')
        return mail_recall_answer(h, m, bank, "RJCR", "ARDT"); /* already returned, or nothing to return */
    if (strcmp(h->recalls, "refuse") == 0)
        return mail_recall_answer(h, m, bank, "RJCR", "CUST");
    if (strcmp(h->recalls, "wait") == 0)
        return mail_recall_answer(h, m, bank, "PDCR", "");
    ZY_TRY(mail_recall_answer(h, m, bank, "CNCL", ""));
    return book_return(h, t, "FOCR");
}

zy_status book_credit_answered(clearing_house *h, const zy_iso_message *m, zy_str bank)
{
    book_transfer *t = book_transfer_find(h, m->original_id);
    if (t == NULL || !zy_str_eq_c(bank, t->to_bank))
        return ZY_NOT_FOUND;
    if (strcmp(t->status, "PDNG") != 0)
        return zy_str_eq_c(m->status, t->status) ? ZY_OK : ZY_STATE_CONFLICT;
    char status[5], reason[5];
    ZY_TRY(zy_str_copy(m->status, status, sizeof status));
    ZY_TRY(zy_str_copy(m->reason, reason, sizeof reason));
    set_status(t, status, reason, m->day);
    return ZY_OK;
}

zy_status clearing_house_credit(clearing_house *h, const house_credit *c)
{
    const zy_iso_message m = { .kind = ZY_ISO_TRANSFER,
                               .id = c->id,
                               .order_ref = c->order_ref,
                               .way = ZY_STR("INSTANT"),
                               .debtor_bank = c->from_bank,
                               .debtor_name = c->from_name,
                               .debtor_number = c->from_number,
                               .creditor_bank = c->to_bank,
                               .creditor_name = c->to_name,
                               .creditor_number = c->to_number,
                               .memo = c->memo,
                               .amount = c->amount };
    book_mail mail = { .kind = ZY_ISO_TRANSFER, .ready_ms = zy_clock_now(h->clock).ms };
    zy_status status = ZY_ALREADY_EXISTS;
    pthread_mutex_lock(&h->lock);
    book_transfer *t = book_transfer_find(h, c->id) == NULL ? BOOK_ADD(&h->transfers) : NULL;
    if (t != NULL) {
        status = copy_all(t, &m, zy_day_of(zy_clock_now(h->clock)));
        set_status(t, "PDNG", NULL, zy_day_of(zy_clock_now(h->clock)));
        memcpy(mail.bank, t->to_bank, sizeof mail.bank);
        memcpy(mail.id, t->id, sizeof mail.id);
        if (status == ZY_OK)
            status = book_mail_add(h, &mail);
        else
            h->transfers.count--;
    }
    keep_write(h);
    pthread_mutex_unlock(&h->lock);
    return status;
}

zy_status clearing_house_return(clearing_house *h, zy_str message_id, const char *reason)
{
    pthread_mutex_lock(&h->lock);
    book_transfer *t = book_transfer_find(h, message_id);
    zy_status status = t != NULL ? book_return(h, t, reason) : ZY_NOT_FOUND;
    keep_write(h);
    pthread_mutex_unlock(&h->lock);
    return status;
}

zy_status clearing_house_recalls(clearing_house *h, const char *policy)
{
    static const char *const POLICIES[] = { "agree", "refuse", "wait" };
    for (size_t i = 0; i < ZY_COUNT(POLICIES); i++) {
        if (strcmp(policy, POLICIES[i]) != 0)
            continue;
        pthread_mutex_lock(&h->lock);
        snprintf(h->recalls, sizeof h->recalls, "%s", policy);
        pthread_mutex_unlock(&h->lock);
        return ZY_OK;
    }
    return ZY_BAD_FIELD;
}

void clearing_house_status(clearing_house *h, zy_str message_id, char ret_status[5], bool *ret_returned)
{
    pthread_mutex_lock(&h->lock);
    const book_transfer *t = book_transfer_find(h, message_id);
    snprintf(ret_status, 5, "%s", t != NULL ? t->status : "");
    *ret_returned = t != NULL && t->return_id[0] != '\0';
    pthread_mutex_unlock(&h->lock);
}

void clearing_house_position(clearing_house *h, zy_str bank, zy_money *ret_paid, zy_money *ret_received)
{
    *ret_paid = *ret_received = (zy_money){ 0 };
    pthread_mutex_lock(&h->lock);
    for (size_t i = 0; i < h->transfers.count; i++) {
        const book_transfer *t = &h->transfers.rows[i];
        if (strcmp(t->status, "ACSC") != 0 || t->return_id[0] != '\0')
            continue;
        if (zy_str_eq_c(bank, t->from_bank))
            ret_paid->fen += t->amount.fen;
        if (zy_str_eq_c(bank, t->to_bank))
            ret_received->fen += t->amount.fen;
    }
    pthread_mutex_unlock(&h->lock);
}

/* --- accounts and phone numbers --- */

zy_status clearing_house_account(clearing_house *h, const house_account *account)
{
    pthread_mutex_lock(&h->lock);
    house_account *row = NULL;
    for (size_t i = 0; i < h->accounts.count && row == NULL; i++)
        if (strcmp(h->accounts.rows[i].number, account->number) == 0 && strcmp(h->accounts.rows[i].bank, account->bank) == 0)
            row = &h->accounts.rows[i];
    if (row == NULL)
        row = BOOK_ADD(&h->accounts);
    if (row != NULL)
        *row = *account;
    keep_write(h);
    pthread_mutex_unlock(&h->lock);
    return row != NULL ? ZY_OK : ZY_NO_MEMORY;
}

static bool is_bound_to(const book_binding *b, const zy_iso_message *m)
{
    return b != NULL && zy_str_eq_c(m->account_bank, b->bank) && zy_str_eq_c(m->account_number, b->number);
}

zy_status book_bind(clearing_house *h, const zy_iso_message *m, bool *ret_done)
{
    bool bind = m->phone.n > 0;
    book_binding *b = book_binding_find(h, bind ? m->phone : m->former_phone);
    *ret_done = bind ? b == NULL || is_bound_to(b, m) : is_bound_to(b, m);
    if (bind && b == NULL) {
        b = BOOK_ADD(&h->bindings);
        if (b == NULL)
            return ZY_NO_MEMORY;
        ZY_TRY(zy_str_copy(m->phone, b->phone, sizeof b->phone));
        ZY_TRY(zy_str_copy(m->account_bank, b->bank, sizeof b->bank));
        ZY_TRY(zy_str_copy(m->account_number, b->number, sizeof b->number));
        return zy_str_copy(m->account_name, b->name, sizeof b->name);
    }
    if (!bind && *ret_done)
        *b = h->bindings.rows[--h->bindings.count];
    return ZY_OK;
}

/* --- days --- */

bool book_day_is_closed(const clearing_house *h, zy_day day)
{
    bool closed = day.days < zy_day_of(zy_clock_now(h->clock)).days;
    for (size_t i = 0; i < h->closed_count; i++)
        closed |= h->closed[i].days == day.days;
    return closed;
}

void clearing_house_close_day(clearing_house *h, zy_day day)
{
    pthread_mutex_lock(&h->lock);
    if (h->closed_count < CLOSED_MAX && !book_day_is_closed(h, day))
        h->closed[h->closed_count++] = day;
    pthread_mutex_unlock(&h->lock);
}

zy_status clearing_house_plant(clearing_house *h, house_difference difference, zy_str message_id, zy_day day, zy_money amount)
{
    book_planted p = { .difference = difference, .day = day, .amount = amount };
    ZY_TRY(zy_str_copy(message_id, p.id, sizeof p.id));
    zy_status status = ZY_OVERFLOW;
    pthread_mutex_lock(&h->lock);
    if (h->planted_count < PLANTED_MAX) {
        h->planted[h->planted_count++] = p;
        status = ZY_OK;
    }
    pthread_mutex_unlock(&h->lock);
    return status;
}

/* --- tricks --- */

void clearing_house_plan(clearing_house *h, const house_plan *plan)
{
    pthread_mutex_lock(&h->lock);
    if (h->plan_count < PLANS_MAX)
        h->plans[h->plan_count++] = *plan;
    pthread_mutex_unlock(&h->lock);
}

void clearing_house_plans_clear(clearing_house *h)
{
    pthread_mutex_lock(&h->lock);
    h->plan_count = 0;
    pthread_mutex_unlock(&h->lock);
}
