/* Messages of members: proven, checked against their schemas, answered under the house's signature. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "book.h"
#include "day.h"

typedef struct visit {
    clearing_house *h;
    const zy_wire_peer *member;
    zy_wire_head asked;
    zy_iso_doc *doc;
    zy_iso_message m;
    house_plan plan; /* trick 0: none */
    /* the answer */
    const char *type;
    zy_iso_message answer;
    bool has_answer;
    int64_t number;
    zy_iso_entry *entries;
    zy_buf masked;
    char answer_id[ID_MAX];
} visit;

/* --- the house's own keys --- */

static zy_status sign_here(void *arg, const zy_part *parts, size_t count, uint8_t sig[ZY_SM2_SIG_BYTES])
{
    return zy_sm2_sign(arg, ZY_LABEL_CLEARING, parts, count, sig);
}

static zy_status open_here(void *arg, const void *cipher, size_t n, uint8_t *out, size_t size, size_t *ret_n)
{
    return zy_sm2_decrypt(arg, cipher, n, out, size, ret_n);
}

/* --- answers by kind --- */

static void answer_with(visit *v, zy_iso_kind kind)
{
    book_new_id(v->h, "A", v->answer_id);
    v->has_answer = true;
    v->answer.kind = kind;
    v->answer.id = zy_str_of(v->answer_id);
    v->answer.at = zy_clock_now(v->h->clock);
    v->answer.from = ZY_STR(HOUSE_CODE);
    v->answer.to = zy_str_of(v->member->code);
}

static void answer_status(visit *v, zy_str original_id, zy_str status, zy_str reason, zy_day day)
{
    answer_with(v, ZY_ISO_STATUS);
    v->answer.original_id = original_id;
    v->answer.status = status;
    v->answer.reason = reason;
    v->answer.day = day;
}

/* A batch, and what a trick makes late, is said to be pending until its status lies in the mailbox. */
static bool is_still_pending(visit *v, const book_transfer *t)
{
    int64_t now = zy_clock_now(v->h->clock).ms;
    for (size_t i = 0; i < v->h->mail.count; i++) {
        const book_mail *mail = &v->h->mail.rows[i];
        if (mail->kind == ZY_ISO_STATUS && strcmp(mail->original_id, t->id) == 0 && mail->ready_ms > now)
            return true;
    }
    return false;
}

static zy_status answer_transfer_status(visit *v, const book_transfer *t)
{
    bool pending = is_still_pending(v, t);
    answer_status(v, zy_str_of(t->id), pending ? ZY_STR("PDNG") : zy_str_of(t->status), pending ? (zy_str){ 0 } : zy_str_of(t->reason),
                  pending ? (zy_day){ 0 } : t->day);
    return ZY_OK;
}

static zy_status on_transfer(visit *v)
{
    book_transfer *t = NULL;
    bool addressed =
        zy_str_eq_c(v->m.from, v->member->code) && zy_str_eq(v->m.debtor_bank, v->m.from) && zy_str_eq(v->m.creditor_bank, v->m.to);
    if (!addressed)
        return ZY_BAD_REQUEST;
    zy_status status = book_take(v->h, &v->m, v->plan.trick != 0 ? &v->plan : NULL, &t);
    if (status == ZY_STATE_CONFLICT) { /* the same id for something else */
        answer_status(v, v->m.id, ZY_STR("RJCT"), ZY_STR("AM05"), (zy_day){ 0 });
        return ZY_OK;
    }
    return status == ZY_OK ? answer_transfer_status(v, t) : status;
}

static zy_status on_status_asked(visit *v)
{
    const book_transfer *t = book_transfer_find(v->h, v->m.original_id);
    if (t != NULL && zy_str_eq_c(zy_str_of(v->member->code), t->from_bank))
        return answer_transfer_status(v, t);
    answer_status(v, v->m.original_id, ZY_STR("RJCT"), ZY_STR("NOOR"), (zy_day){ 0 });
    return ZY_OK;
}

static zy_status on_recall(visit *v)
{
    v->type = ZY_WIRE_ACK;
    return book_recall(v->h, &v->m, zy_str_of(v->member->code));
}

static zy_status on_credit_answered(visit *v)
{
    zy_status status = book_credit_answered(v->h, &v->m, zy_str_of(v->member->code));
    v->type = status == ZY_OK ? ZY_WIRE_ACK : status == ZY_NOT_FOUND ? ZY_WIRE_NONE : ZY_WIRE_CONFLICT;
    return ZY_OK;
}

static void answer_verified(visit *v, bool verified, const char *reason)
{
    answer_with(v, ZY_ISO_ACCOUNT_ANSWER);
    v->answer.item_id = v->m.item_id;
    v->answer.verified = verified;
    v->answer.reason = verified ? (zy_str){ 0 } : zy_str_of(reason);
}

static zy_status on_phone_binding(visit *v)
{
    bool done = false;
    if (!zy_str_eq_c(v->m.account_bank, v->member->code) || (v->m.phone.n == 0) == (v->m.former_phone.n == 0))
        return ZY_BAD_REQUEST;
    ZY_TRY(book_bind(v->h, &v->m, &done));
    answer_verified(v, done, "AC03");
    return ZY_OK;
}

static zy_status on_phone_asked(visit *v)
{
    const book_binding *b = book_binding_find(v->h, v->m.phone);
    answer_verified(v, b != NULL, "AC01");
    if (b == NULL)
        return ZY_OK;
    book_mask(zy_str_of(b->name), &v->masked);
    v->answer.account_bank = zy_str_of(b->bank);
    v->answer.account_number = zy_str_of(b->number);
    v->answer.account_name = zy_buf_view(&v->masked);
    return ZY_OK;
}

static zy_status on_account_asked(visit *v)
{
    if (v->m.phone.n > 0)
        return on_phone_asked(v);
    const house_account *a = book_account_find(v->h, v->m.account_bank, v->m.account_number);
    answer_verified(v, a != NULL && zy_str_eq_c(v->m.account_name, a->name), "BE01");
    return ZY_OK;
}

static zy_status on_day_asked(visit *v)
{
    char day[ZY_DAY_TEXT_MAX];
    if (!book_day_is_closed(v->h, v->m.day)) {
        v->type = ZY_WIRE_NONE;
        return ZY_OK;
    }
    answer_with(v, ZY_ISO_DAY_PAGE);
    v->answer.from = (zy_str){ 0 };
    zy_day_format(v->m.day, day);
    snprintf(v->answer_id, sizeof v->answer_id, "D%s-%lld", day, (long long)v->m.page);
    v->answer.id = zy_str_of(v->answer_id);
    v->answer.item_id = zy_str_of(v->member->code);
    return day_page(v->h, zy_str_of(v->member->code), v->m.day, v->m.page, &v->answer, &v->entries);
}

static void mail_transfer(visit *v, const book_transfer *t)
{
    zy_iso_message *m = &v->answer;
    m->from = m->debtor_bank = zy_str_of(t->from_bank);
    m->debtor_name = zy_str_of(t->from_name);
    m->debtor_number = zy_str_of(t->from_number);
    m->creditor_bank = zy_str_of(t->to_bank);
    m->creditor_name = zy_str_of(t->to_name);
    m->creditor_number = zy_str_of(t->to_number);
    m->memo = zy_str_of(t->memo);
    m->order_ref = zy_str_of(t->order_ref);
    m->way = zy_str_of(t->way);
    m->amount = t->amount;
    m->day = t->day.days != 0 ? t->day : t->taken_on;
}

static zy_status on_mailbox(visit *v)
{
    int64_t after = 0;
    if (!zy_wire_number(&v->asked, &after))
        return ZY_BAD_REQUEST;
    const book_mail *mail = book_mail_next(v->h, zy_str_of(v->member->code), after);
    v->type = ZY_WIRE_NONE;
    if (mail == NULL)
        return ZY_OK;
    const book_transfer *t = book_transfer_find(v->h, zy_str_of(mail->kind == ZY_ISO_TRANSFER ? mail->id : mail->original_id));
    answer_with(v, mail->kind);
    v->number = mail->number;
    v->answer.id = zy_str_of(mail->id);
    v->answer.original_id = zy_str_of(mail->original_id);
    v->answer.item_id = zy_str_of(mail->item_id);
    v->answer.status = zy_str_of(mail->status);
    v->answer.reason = zy_str_of(mail->reason);
    v->answer.day = mail->day;
    if (mail->kind == ZY_ISO_TRANSFER && t != NULL)
        mail_transfer(v, t);
    if (mail->kind == ZY_ISO_RETURN && t != NULL) {
        v->answer.order_ref = zy_str_of(t->order_ref);
        v->answer.amount = t->amount;
    }
    return ZY_OK;
}

static zy_status (*const ON[ZY_ISO_KIND_END])(visit *v) = {
    [ZY_ISO_TRANSFER] = on_transfer,           [ZY_ISO_STATUS] = on_credit_answered,
    [ZY_ISO_STATUS_ASKED] = on_status_asked,   [ZY_ISO_RECALL] = on_recall,
    [ZY_ISO_DAY_ASKED] = on_day_asked,         [ZY_ISO_PHONE_BINDING] = on_phone_binding,
    [ZY_ISO_ACCOUNT_ASKED] = on_account_asked,
};

/* --- one visit --- */

static zy_status read_head(zy_http *http, zy_wire_head *head)
{
    memset(head, 0, sizeof *head);
    for (int i = 0; i < ZY_WIRE_FIELDS; i++) {
        zy_str value;
        if (zy_http_header(http, zy_wire_header(i), &value))
            ZY_TRY(zy_str_copy(value, head->text[i], ZY_WIRE_TEXT_MAX));
    }
    return ZY_OK;
}

static const zy_wire_peer *member_of(const clearing_house *h, const char *code)
{
    for (size_t i = 0; i < h->member_count; i++)
        if (strcmp(h->members[i].code, code) == 0)
            return &h->members[i];
    return NULL;
}

/* An id that came before is a replay. */
static bool came_before(clearing_house *h, const char *id)
{
    size_t kept = h->seen_count < SEEN_MAX ? h->seen_count : SEEN_MAX;
    for (size_t i = 0; i < kept; i++)
        if (strcmp(h->seen[i], id) == 0)
            return true;
    snprintf(h->seen[h->seen_count++ % SEEN_MAX], ZY_WIRE_ID_MAX, "%.32s", id);
    return false;
}

static zy_wire_self self_of(clearing_house *h, zy_sm2_key *key, bool box)
{
    return (zy_wire_self){ ZY_STR(HOUSE_CODE), sign_here, open_here, box ? h->box : key };
}

static zy_status prove(visit *v, zy_str body)
{
    clearing_house *h = v->h;
    const zy_wire_self self = self_of(h, h->sign, false);
    v->member = member_of(h, v->asked.text[ZY_WIRE_FROM]);
    if (v->member == NULL)
        return ZY_SIGNATURE_BAD;
    ZY_TRY(zy_wire_prove(&self, v->member, &v->asked, body, zy_clock_now(h->clock)));
    return came_before(h, v->asked.text[ZY_WIRE_ID]) ? ZY_CHANNEL_REPLAY : ZY_OK;
}

/* Takes the first plan for this type; it is used up after its count. */
static house_plan take_plan(clearing_house *h, const char *type)
{
    for (size_t i = 0; i < h->plan_count; i++) {
        house_plan *p = &h->plans[i];
        if (strncmp(type, p->on, strlen(p->on)) != 0)
            continue;
        const house_plan taken = *p;
        if (--p->count <= 0) {
            memmove(p, p + 1, (h->plan_count - i - 1) * sizeof *p);
            h->plan_count--;
        }
        return taken;
    }
    return (house_plan){ .trick = 0 };
}

static zy_status act(visit *v, zy_str body, zy_err *err)
{
    const char *type = v->asked.text[ZY_WIRE_TYPE];
    const zy_wire_self self = self_of(v->h, NULL, true);
    if (strcmp(type, ZY_WIRE_MAILBOX) == 0)
        return on_mailbox(v);
    ZY_TRY(zy_wire_message(&self, &v->asked, body, &v->doc, &v->m, err));
    if (ON[v->m.kind] == NULL || (v->m.from.n > 0 && !zy_str_eq_c(v->m.from, v->member->code)))
        return ZY_BAD_REQUEST;
    return ON[v->m.kind](v);
}

/* --- the answer, and what tricks make of it --- */

static void spoil(zy_wire_head *head, zy_buf *body, house_trick trick)
{
    char *digit = &head->text[ZY_WIRE_SIGNATURE][0];
    if (trick == HOUSE_BAD_SIGNATURE)
        *digit = *digit == '0' ? '1' : '0';
    if (trick == HOUSE_ALTERED && body->n > 0)
        body->p[body->n - 3] ^= 1;
    if (trick == HOUSE_ALTERED && body->n == 0)
        head->text[ZY_WIRE_NUMBER][0] ^= 1;
}

static const char BAD_XML[] = "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pacs.002.001.10\"><FIToFIPmtStsRpt/></Document>";

static zy_status sign_bad_xml(const zy_wire_self *self, zy_wire_head *head, zy_buf *body)
{
    ZY_AUTO_BUF lines = { 0 };
    uint8_t sig[ZY_SM2_SIG_BYTES];
    zy_buf_clear(body);
    zy_buf_c(body, BAD_XML);
    for (int i = 0; i < ZY_WIRE_SIGNATURE; i++)
        zy_buf_fmt(&lines, "%s\n", head->text[i]);
    ZY_TRY(self->sign(self->arg, ZY_PARTS(ZY_PART_STR(zy_buf_view(&lines)), ZY_PART_STR(zy_buf_view(body))), sig));
    zy_hex_encode(sig, sizeof sig, head->text[ZY_WIRE_SIGNATURE]);
    return ZY_OK;
}

static zy_status seal(visit *v, zy_wire_head *head, zy_buf *body, zy_err *err)
{
    char id[ZY_WIRE_ID_MAX];
    clearing_house *h = v->h;
    const zy_wire_self self = self_of(h, v->plan.trick == HOUSE_OTHER_SIGNER ? h->stranger : h->sign, false);
    ZY_TRY(zy_wire_id_new(id));
    const zy_wire_out out = { .type = v->type,
                              .message = v->has_answer ? &v->answer : NULL,
                              .id = id,
                              .re = v->asked.text[ZY_WIRE_ID],
                              .number = v->number,
                              .now = zy_clock_now(h->clock) };
    ZY_TRY(zy_wire_seal(&self, v->member, &out, head, body, err));
    if (v->plan.trick == HOUSE_BAD_XML && v->has_answer)
        ZY_TRY(sign_bad_xml(&self, head, body));
    return ZY_OK;
}

static zy_status remember(clearing_house *h, const zy_wire_head *head, const zy_buf *body)
{
    h->last_head = *head;
    zy_buf_clear(&h->last_body);
    zy_buf_str(&h->last_body, zy_buf_view(body));
    return zy_buf_failed(&h->last_body) ? ZY_NO_MEMORY : ZY_OK;
}

static zy_status make_answer(visit *v, zy_wire_head *head, zy_buf *body, zy_err *err)
{
    clearing_house *h = v->h;
    if (v->plan.trick == HOUSE_REPLAY && h->last_head.text[0][0] != '\0') {
        *head = h->last_head;
        zy_buf_str(body, zy_buf_view(&h->last_body));
        return ZY_OK;
    }
    ZY_TRY(seal(v, head, body, err));
    ZY_TRY(remember(h, head, body));
    spoil(head, body, v->plan.trick);
    return ZY_OK;
}

static zy_status receive(visit *v, zy_http *http, zy_wire_head *head, zy_buf *body, zy_err *err)
{
    ZY_TRY(read_head(http, &v->asked));
    ZY_TRY(prove(v, zy_http_body(http)));
    v->plan = take_plan(v->h, v->asked.text[ZY_WIRE_TYPE]);
    if (v->plan.trick == HOUSE_SWALLOW_BEFORE)
        return ZY_CONNECTOR_FAILED;
    ZY_TRY(act(v, zy_http_body(http), err));
    keep_write(v->h);
    if (v->plan.trick == HOUSE_SWALLOW_AFTER)
        return ZY_CONNECTOR_FAILED;
    return make_answer(v, head, body, err);
}

void door_answer(zy_http *http, void *house)
{
    visit v = { .h = house };
    zy_wire_head head;
    ZY_AUTO_BUF body = { .max = 2 * ZY_ISO_BYTES_MAX };
    zy_err err = { 0 };
    pthread_mutex_lock(&v.h->lock);
    zy_status status = receive(&v, http, &head, &body, &err);
    pthread_mutex_unlock(&v.h->lock);
    zy_iso_doc_free(v.doc);
    free(v.entries);
    zy_buf_free(&v.masked);
    if (v.plan.trick == HOUSE_SLOW)
        usleep((useconds_t)(v.plan.ms * 1000));
    if (status != ZY_OK) {
        zy_log_warn("clearing.refused", ZY_L_C("why", err.detail), ZY_L_C("status", zy_status_name(status)));
        zy_http_refuse(http, status);
        return;
    }
    for (int i = 0; i < ZY_WIRE_FIELDS; i++)
        if (head.text[i][0] != '\0')
            zy_http_set(http, zy_wire_header(i), zy_str_of(head.text[i]));
    zy_http_write(http, ZY_STR(ZY_CLEARING_TYPE), body.p != NULL ? body.p : "", body.n);
}
