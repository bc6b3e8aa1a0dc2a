/* The house over HTTPS (README.md). Nothing that it says is believed before its signature was checked over the very bytes. */
#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "connector/clearing_internal.h"
#include "connector/clearing_letters.h"
#include "connector/clearing_wire.h"
#include "connector/http_url.h"

#define CONNECT_TIMEOUT_MS 3000L
#define URL_MAX            501
#define IDLE_MAX           16 /* connections that are kept open */
#define PAGES_MAX          2000

typedef struct house {
    char url[URL_MAX + sizeof ZY_CLEARING_PATH], ca_file[URL_MAX], letters[URL_MAX], code[ZY_CLEARING_BANK_MAX];
    long timeout_ms;
    int at_once;
    zy_keys *keys;
    zy_wire_self self;
    zy_wire_peer peer;
    atomic_int asking;
    pthread_mutex_t lock; /* over idle */
    CURL *idle[IDLE_MAX];
    int idle_count;
} house;

static void house_free(void *state)
{
    house *h = state;
    if (h == NULL)
        return;
    for (int i = 0; i < h->idle_count; i++)
        curl_easy_cleanup(h->idle[i]);
    zy_wire_peer_clear(&h->peer);
    pthread_mutex_destroy(&h->lock);
    free(h);
}

static zy_status sign_here(void *arg, const zy_part *parts, size_t count, uint8_t sig[ZY_SM2_SIG_BYTES])
{
    zy_status status = zy_keys_sign(arg, ZY_KEY_CLEARING, 0, ZY_LABEL_CLEARING, parts, count, sig);
    return status == ZY_NOT_FOUND ? ZY_CONFIG_BAD : status; /* a keystore that is older than this key: zhangyin keys rotate clearing */
}

static zy_status open_here(void *arg, const void *cipher, size_t n, uint8_t *out, size_t size, size_t *ret_n)
{
    return zy_keys_clearing_open(arg, cipher, n, out, size, ret_n);
}

static bool is_bank_code(zy_str code)
{
    bool digits = code.n == 12 || code.n == 14;
    for (size_t i = 0; i < code.n && digits; i++)
        digits = code.p[i] >= '0' && code.p[i] <= '9';
    return digits;
}

static zy_status read_url(house *h, const zy_config *config, zy_err *err)
{
    zy_str url = zy_config_text(config, "clearing.url");
    if (!connector_url_is_safe(url) || url.n >= URL_MAX)
        return zy_fail(err, ZY_CONFIG_BAD, "clearing.url", "an https URL is expected (http to this machine), without user, ? and #");
    snprintf(h->url, sizeof h->url, ZY_STR_FMT ZY_CLEARING_PATH, ZY_STR_ARG(url));
    ZY_TRY(zy_str_copy(zy_config_text(config, "clearing.letters"), h->letters, sizeof h->letters));
    ZY_TRY(zy_letters_folder(h->letters, err));
    return zy_str_copy(zy_config_text(config, "clearing.ca_file"), h->ca_file, sizeof h->ca_file);
}

static zy_status read_parties(house *h, const zy_config *config, zy_err *err)
{
    static const char *const CODES[] = { "clearing.member", "clearing.house" };
    for (size_t i = 0; i < ZY_COUNT(CODES); i++)
        if (!is_bank_code(zy_config_text(config, CODES[i])))
            return zy_fail(err, ZY_CONFIG_BAD, CODES[i], "12 or 14 digits are expected");
    if (zy_wire_peer_make(zy_config_text(config, "clearing.house"), zy_config_text(config, "clearing.house_sign_key"),
                          zy_config_text(config, "clearing.house_box_key"), &h->peer) != ZY_OK)
        return zy_fail(err, ZY_CONFIG_BAD, "clearing.house_sign_key", "with house_box_key: 130 hex digits of an SM2 key each");
    ZY_TRY(zy_str_copy(zy_config_text(config, "clearing.member"), h->code, sizeof h->code));
    h->self = (zy_wire_self){ zy_str_of(h->code), sign_here, open_here, h->keys };
    return ZY_OK;
}

static void start_curl(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

zy_status clearing_http_open(const zy_config *config, zy_keys *keys, void **ret_state, zy_err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, start_curl);
    house *h = calloc(1, sizeof *h);
    if (h == NULL)
        return ZY_NO_MEMORY;
    pthread_mutex_init(&h->lock, NULL);
    h->keys = keys;
    h->timeout_ms = (long)zy_config_int(config, "clearing.timeout_ms");
    h->at_once = (int)zy_config_int(config, "clearing.at_once");
    zy_status status = read_url(h, config, err);
    if (status == ZY_OK)
        status = read_parties(h, config, err);
    if (status != ZY_OK) {
        house_free(h);
        return status;
    }
    *ret_state = h;
    return ZY_OK;
}

/* --- one question and its answer --- */

typedef struct exchange {
    char id[ZY_WIRE_ID_MAX];
    zy_wire_head asked, said;
    bool said_twice;
    zy_buf question, answer;
    long http;
    zy_iso_doc *doc; /* of the answer; NULL: none came, only its type */
    zy_iso_message message;
} exchange;

static void exchange_clear(exchange *x)
{
    zy_iso_doc_free(x->doc);
    zy_buf_wipe(&x->question);
    zy_buf_wipe(&x->answer);
}

#define AUTO_EXCHANGE __attribute__((cleanup(exchange_clear))) exchange

static size_t keep_answer(char *bytes, size_t size, size_t n, void *arg)
{
    exchange *x = arg;
    zy_buf_add(&x->answer, bytes, size * n);
    return zy_buf_failed(&x->answer) ? 0 : size * n;
}

/* One header line; 0 ends the transfer. */
static size_t keep_head(char *bytes, size_t size, size_t n, void *arg)
{
    exchange *x = arg;
    zy_str line = zy_str_bytes(bytes, size * n);
    for (int i = 0; i < ZY_WIRE_FIELDS; i++) {
        const char *name = zy_wire_header(i);
        size_t name_n = strlen(name);
        if (line.n <= name_n || line.p[name_n] != ':' || strncasecmp(line.p, name, name_n) != 0)
            continue;
        x->said_twice |= x->said.text[i][0] != '\0';
        zy_str value = zy_str_trim(zy_str_sub(line, name_n + 1, line.n));
        return zy_str_copy(value, x->said.text[i], ZY_WIRE_TEXT_MAX) == ZY_OK ? size * n : 0;
    }
    return size * n;
}

static struct curl_slist *headers_of(const zy_wire_head *head)
{
    char line[ZY_WIRE_TEXT_MAX + 40];
    struct curl_slist *all = curl_slist_append(NULL, "Content-Type: " ZY_CLEARING_TYPE);
    for (int i = 0; i < ZY_WIRE_FIELDS && all != NULL; i++) {
        if (head->text[i][0] == '\0')
            continue;
        snprintf(line, sizeof line, "%s: %s", zy_wire_header(i), head->text[i]);
        struct curl_slist *more = curl_slist_append(all, line);
        if (more == NULL) {
            curl_slist_free_all(all);
            return NULL;
        }
        all = more;
    }
    return all;
}

static CURL *take_handle(house *h)
{
    CURL *c = NULL;
    pthread_mutex_lock(&h->lock);
    if (h->idle_count > 0)
        c = h->idle[--h->idle_count];
    pthread_mutex_unlock(&h->lock);
    return c != NULL ? c : curl_easy_init();
}

static void give_handle(house *h, CURL *c)
{
    curl_easy_reset(c); /* the connection stays open */
    pthread_mutex_lock(&h->lock);
    if (h->idle_count < IDLE_MAX) {
        h->idle[h->idle_count++] = c;
        c = NULL;
    }
    pthread_mutex_unlock(&h->lock);
    curl_easy_cleanup(c);
}

static CURLcode post(const house *h, CURL *c, exchange *x, struct curl_slist *headers)
{
    curl_easy_setopt(c, CURLOPT_URL, h->url);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_PROXY, "");
    if (h->ca_file[0] != '\0')
        curl_easy_setopt(c, CURLOPT_CAINFO, h->ca_file);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, h->timeout_ms);
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(c, CURLOPT_POSTFIELDS, x->question.p != NULL ? x->question.p : "");
    curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)x->question.n);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, keep_answer);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, x);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, keep_head);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, x);
    CURLcode code = curl_easy_perform(c);
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &x->http);
    return code;
}

static zy_status carry(house *h, exchange *x, zy_err *err)
{
    struct curl_slist *headers = headers_of(&x->asked);
    CURL *c = take_handle(h);
    CURLcode code = c != NULL && headers != NULL ? post(h, c, x, headers) : CURLE_OUT_OF_MEMORY;
    if (c != NULL)
        give_handle(h, c);
    curl_slist_free_all(headers);
    if (code != CURLE_OK)
        return zy_fail(err, ZY_CONNECTOR_FAILED, NULL, "the clearing house: %s", curl_easy_strerror(code));
    if (x->http != 200)
        return zy_fail(err, ZY_CONNECTOR_FAILED, NULL, "the clearing house answered %ld", x->http);
    return ZY_OK;
}

static zy_status prove(const house *h, exchange *x, zy_time now, zy_err *err)
{
    if (x->said_twice || strcmp(x->said.text[ZY_WIRE_RE], x->id) != 0 ||
        zy_wire_prove(&h->self, &h->peer, &x->said, zy_buf_view(&x->answer), now) != ZY_OK)
        return zy_fail(err, ZY_CONNECTOR_FAILED, NULL, "the clearing house's answer is not proven to be its own to this question");
    return ZY_OK;
}

/* What is said in messages, and what a message is answered with, is kept as evidence; an empty mailbox is not. A question that
 * cannot be kept is not sent; an answer that cannot be kept is none. */
static zy_status keep_question(const house *h, const zy_wire_out *out, const exchange *x, zy_err *err)
{
    if (out->message == NULL)
        return ZY_OK;
    zy_status status = zy_letters_add(h->letters, &x->asked, zy_buf_view(&x->question), out->now, err);
    return status == ZY_OK ? ZY_OK : zy_fail(err, ZY_BUSY, NULL, "a message to the clearing house cannot be kept, so it is not sent");
}

static zy_status keep_answer_letter(const house *h, const zy_wire_out *out, const exchange *x, zy_err *err)
{
    if (out->message == NULL && x->answer.n == 0)
        return ZY_OK;
    zy_status status = zy_letters_add(h->letters, &x->said, zy_buf_view(&x->answer), out->now, err);
    return status == ZY_OK ? ZY_OK : zy_fail(err, ZY_CONNECTOR_FAILED, NULL, "the clearing house's answer cannot be kept");
}

static zy_status ask_once(house *h, const zy_wire_out *out, exchange *x, zy_err *err)
{
    x->answer.max = ZY_ISO_BYTES_MAX;
    ZY_TRY(zy_wire_seal(&h->self, &h->peer, out, &x->asked, &x->question, err));
    ZY_TRY(keep_question(h, out, x, err));
    ZY_TRY(carry(h, x, err));
    ZY_TRY(prove(h, x, out->now, err));
    return keep_answer_letter(h, out, x, err);
}

static zy_status ask(house *h, const zy_wire_out *out, exchange *x, zy_err *err)
{
    zy_status status = ZY_BUSY;
    if (atomic_fetch_add(&h->asking, 1) < h->at_once)
        status = ask_once(h, out, x, err);
    else
        (void)zy_fail(err, ZY_BUSY, NULL, "%d questions wait for the clearing house", h->at_once);
    atomic_fetch_sub(&h->asking, 1);
    return status;
}

static zy_status new_exchange(exchange *x)
{
    return zy_wire_id_new(x->id);
}

/* A message whose sender and receiver, time and id (unless it has one) are filled in here. */
static zy_status ask_message(house *h, zy_iso_message *m, zy_time now, exchange *x, zy_err *err)
{
    m->from = zy_str_of(h->code);
    m->at = now;
    if (m->to.n == 0)
        m->to = zy_str_of(h->peer.code);
    if (m->id.n == 0)
        m->id = zy_str_of(x->id);
    const zy_wire_out out = { .message = m, .id = x->id, .re = "", .now = now };
    return ask(h, &out, x, err);
}

static bool said(const exchange *x, const char *type)
{
    return strcmp(x->said.text[ZY_WIRE_TYPE], type) == 0;
}

static zy_status shapeless(zy_err *err)
{
    return zy_fail(err, ZY_CONNECTOR_FAILED, NULL, "the clearing house's answer says nothing that the question can have as its answer");
}

/* The answer must be a message of this kind, from the house to us. */
static zy_status read_answer(const house *h, exchange *x, zy_iso_kind kind, zy_err *err)
{
    if (!said(x, zy_iso_kind_name(kind)) ||
        zy_wire_message(&h->self, &x->said, zy_buf_view(&x->answer), &x->doc, &x->message, err) != ZY_OK)
        return shapeless(err);
    bool ours = zy_str_eq_c(x->message.to, h->code) && (x->message.from.n == 0 || zy_str_eq_c(x->message.from, h->peer.code));
    return ours ? ZY_OK : shapeless(err);
}

/* --- transfers and their status --- */

static const struct {
    const char *status;
    zy_clearing_outcome outcome;
} OUTCOMES[] = {
    { "ACSC", ZY_CLEARING_SETTLED }, { "PDNG", ZY_CLEARING_PENDING },  { "RJCT", ZY_CLEARING_REJECTED },
    { "CNCL", ZY_CLEARING_SETTLED }, { "PDCR", ZY_CLEARING_PENDING },  { "RJCR", ZY_CLEARING_REJECTED },
    { "BOOK", ZY_CLEARING_SETTLED }, { "INFO", ZY_CLEARING_REJECTED },
};

static bool outcome_of(zy_str status, zy_clearing_outcome *ret_outcome)
{
    for (size_t i = 0; i < ZY_COUNT(OUTCOMES); i++)
        if (zy_str_eq_c(status, OUTCOMES[i].status)) {
            *ret_outcome = OUTCOMES[i].outcome;
            return true;
        }
    return false;
}

/* A status says what became of the money: settled needs its day, rejected its reason. */
static bool answer_of(const zy_iso_message *m, zy_clearing_answer *ret)
{
    zy_clearing_answer a = { .day = m->day };
    if (!outcome_of(m->status, &a.outcome) || zy_str_copy(m->reason, a.reason, sizeof a.reason) != ZY_OK)
        return false;
    if (m->kind == ZY_ISO_STATUS && a.outcome == ZY_CLEARING_SETTLED && m->day.days == 0)
        return false;
    if (a.outcome == ZY_CLEARING_REJECTED && m->reason.n == 0)
        return false;
    *ret = a;
    return true;
}

static zy_status ask_status(house *h, zy_iso_message *m, zy_str original_id, zy_time now, zy_clearing_answer *ret, zy_err *err)
{
    AUTO_EXCHANGE x = { .id = "" };
    ZY_TRY(new_exchange(&x));
    ZY_TRY(ask_message(h, m, now, &x, err));
    ZY_TRY(read_answer(h, &x, ZY_ISO_STATUS, err));
    return zy_str_eq(x.message.original_id, original_id) && answer_of(&x.message, ret) ? ZY_OK : shapeless(err);
}

static const char *const WAYS[] = { [ZY_CLEARING_INSTANT] = "INSTANT", [ZY_CLEARING_LARGE] = "LARGE", [ZY_CLEARING_BATCH] = "BATCH" };

static zy_status house_send(void *state, const zy_clearing_transfer *t, zy_time now, zy_clearing_answer *ret, zy_err *err)
{
    house *h = state;
    if (t->way < ZY_CLEARING_INSTANT || t->way > ZY_CLEARING_BATCH)
        return zy_fail(err, ZY_BAD_FIELD, "way", "no way that the house knows");
    zy_iso_message m = {
        .kind = ZY_ISO_TRANSFER,
        .id = t->message_id,
        .to = t->to_bank,
        .order_ref = t->order_ref,
        .way = zy_str_of(WAYS[t->way]),
        .amount = t->amount,
        .day = t->day,
        .debtor_bank = zy_str_of(h->code),
        .debtor_name = t->from_name,
        .debtor_number = t->from_number,
        .creditor_bank = t->to_bank,
        .creditor_name = t->to_name,
        .creditor_number = t->to_number,
        .memo = t->memo,
    };
    if (m.id.n == 0 || m.to.n == 0)
        return zy_fail(err, ZY_BAD_FIELD, "message_id", "a transfer without its id or its bank");
    return ask_status(h, &m, t->message_id, now, ret, err);
}

static zy_status house_query(void *state, zy_str message_id, zy_time now, zy_clearing_answer *ret, zy_err *err)
{
    zy_iso_message m = { .kind = ZY_ISO_STATUS_ASKED, .original_id = message_id };
    zy_clearing_answer answer;
    ZY_TRY(ask_status(state, &m, message_id, now, &answer, err));
    if (strcmp(answer.reason, "NOOR") == 0 && answer.outcome == ZY_CLEARING_REJECTED)
        answer = (zy_clearing_answer){ .outcome = ZY_CLEARING_UNKNOWN_THERE };
    *ret = answer;
    return ZY_OK;
}

/* A message that is answered by the word that it was taken, or why not. */
static zy_status tell(house *h, zy_iso_message *m, zy_time now, zy_err *err)
{
    AUTO_EXCHANGE x = { .id = "" };
    ZY_TRY(new_exchange(&x));
    ZY_TRY(ask_message(h, m, now, &x, err));
    if (said(&x, ZY_WIRE_ACK))
        return ZY_OK;
    if (said(&x, ZY_WIRE_NONE))
        return zy_fail(err, ZY_NOT_FOUND, NULL, "the clearing house knows no such message");
    if (said(&x, ZY_WIRE_CONFLICT))
        return zy_fail(err, ZY_STATE_CONFLICT, NULL, "the clearing house was told otherwise before");
    return shapeless(err);
}

static zy_status house_recall(void *state, zy_str message_id, zy_str recall_id, const char *reason, zy_time now, zy_err *err)
{
    zy_iso_message m = { .kind = ZY_ISO_RECALL, .item_id = recall_id, .original_id = message_id, .reason = zy_str_of(reason) };
    return tell(state, &m, now, err);
}

static zy_status house_answer_credit(void *state, zy_str message_id, bool accept, const char *reason, zy_time now, zy_err *err)
{
    zy_iso_message m = { .kind = ZY_ISO_STATUS,
                         .original_id = message_id,
                         .status = accept ? ZY_STR("ACSC") : ZY_STR("RJCT"),
                         .day = accept ? zy_day_of(now) : (zy_day){ 0 },
                         .reason = accept ? (zy_str){ 0 } : zy_str_of(reason) };
    if (!accept && m.reason.n == 0)
        return zy_fail(err, ZY_BAD_FIELD, "reason", "a refusal needs its reason");
    return tell(state, &m, now, err);
}

/* --- accounts --- */

/* Asks with acmt.022 or acmt.023; the answer is to this very question. */
static zy_status ask_account(house *h, zy_iso_message *m, zy_time now, exchange *x, zy_err *err)
{
    ZY_TRY(new_exchange(x));
    m->item_id = zy_str_of(x->id);
    ZY_TRY(ask_message(h, m, now, x, err));
    ZY_TRY(read_answer(h, x, ZY_ISO_ACCOUNT_ANSWER, err));
    return zy_str_eq_c(x->message.item_id, x->id) ? ZY_OK : shapeless(err);
}

static zy_status house_lookup_phone(void *state, zy_str phone, zy_time now, zy_clearing_account *ret, zy_err *err)
{
    zy_clearing_account found = { "" };
    zy_iso_message m = { .kind = ZY_ISO_ACCOUNT_ASKED, .phone = phone };
    AUTO_EXCHANGE x = { .id = "" };
    if (phone.n == 0)
        return zy_fail(err, ZY_BAD_FIELD, "phone", "a phone number is expected");
    ZY_TRY(ask_account(state, &m, now, &x, err));
    if (!x.message.verified)
        return zy_fail(err, ZY_NOT_FOUND, NULL, "the phone number is not bound to an account");
    if (!is_bank_code(x.message.account_bank) || x.message.account_number.n == 0 || x.message.account_name.n == 0 ||
        zy_str_copy(x.message.account_bank, found.bank, sizeof found.bank) != ZY_OK ||
        zy_str_copy(x.message.account_number, found.number, sizeof found.number) != ZY_OK ||
        zy_str_copy(x.message.account_name, found.name, sizeof found.name) != ZY_OK)
        return shapeless(err);
    *ret = found;
    return ZY_OK;
}

static zy_status house_verify(void *state, zy_str bank, zy_str number, zy_str name, zy_time now, bool *ret_match, zy_err *err)
{
    zy_iso_message m = { .kind = ZY_ISO_ACCOUNT_ASKED, .account_bank = bank, .account_number = number, .account_name = name };
    AUTO_EXCHANGE x = { .id = "" };
    if (bank.n == 0 || number.n == 0 || name.n == 0)
        return zy_fail(err, ZY_BAD_FIELD, "number", "bank, number and name are expected");
    ZY_TRY(ask_account(state, &m, now, &x, err));
    *ret_match = x.message.verified;
    return ZY_OK;
}

static zy_status house_bind_phone(void *state, zy_str phone, zy_str number, zy_str name, bool bind, zy_time now, zy_err *err)
{
    house *h = state;
    zy_iso_message m = {
        .kind = ZY_ISO_PHONE_BINDING, .account_bank = zy_str_of(h->code), .account_number = number, .account_name = name
    };
    AUTO_EXCHANGE x = { .id = "" };
    if (phone.n == 0 || number.n == 0 || name.n == 0)
        return zy_fail(err, ZY_BAD_FIELD, "phone", "phone, number and name are expected");
    *(bind ? &m.phone : &m.former_phone) = phone;
    ZY_TRY(ask_account(h, &m, now, &x, err));
    if (x.message.verified)
        return ZY_OK;
    return bind ? zy_fail(err, ZY_ALREADY_EXISTS, "phone", "it is bound to another account")
                : zy_fail(err, ZY_NOT_FOUND, "phone", "it is not bound to this account");
}

/* --- the mailbox --- */

static const zy_clearing_in_kind IN_KINDS[ZY_ISO_KIND_END] = {
    [ZY_ISO_TRANSFER] = ZY_CLEARING_IN_CREDIT,
    [ZY_ISO_STATUS] = ZY_CLEARING_IN_STATUS,
    [ZY_ISO_RETURN] = ZY_CLEARING_IN_RETURN,
    [ZY_ISO_RECALL_ANSWER] = ZY_CLEARING_IN_RECALL_ANSWER,
};

static zy_clearing_way way_of(zy_str way)
{
    for (int i = ZY_CLEARING_INSTANT; i <= ZY_CLEARING_BATCH; i++)
        if (zy_str_eq_c(way, WAYS[i]))
            return (zy_clearing_way)i;
    return ZY_CLEARING_INSTANT;
}

/* A credit comes from its bank, all else from the house; both to us. */
static bool is_addressed(const house *h, const zy_iso_message *m)
{
    if (m->kind != ZY_ISO_TRANSFER)
        return zy_str_eq_c(m->from, h->peer.code) && zy_str_eq_c(m->to, h->code);
    return zy_str_eq(m->from, m->debtor_bank) && zy_str_eq_c(m->to, h->code) && zy_str_eq_c(m->creditor_bank, h->code);
}

static bool in_of(const house *h, const zy_iso_message *m, zy_clearing_in *in)
{
    in->kind = IN_KINDS[m->kind];
    if (in->kind == 0 || !is_addressed(h, m))
        return false;
    in->message_id = m->id;
    in->original_id = m->original_id;
    in->recall_id = m->item_id;
    in->order_ref = m->order_ref;
    in->way = way_of(m->way);
    in->amount = m->amount;
    in->day = m->day;
    in->from_bank = m->debtor_bank;
    in->from_name = m->debtor_name;
    in->from_number = m->debtor_number;
    in->to_name = m->creditor_name;
    in->to_number = m->creditor_number;
    in->memo = m->memo;
    if (in->kind == ZY_CLEARING_IN_STATUS || in->kind == ZY_CLEARING_IN_RECALL_ANSWER)
        return answer_of(m, &in->answer);
    if (in->kind == ZY_CLEARING_IN_RETURN)
        in->answer = (zy_clearing_answer){ .outcome = ZY_CLEARING_SETTLED, .day = m->day };
    return in->kind != ZY_CLEARING_IN_RETURN || zy_str_copy(m->reason, in->answer.reason, sizeof in->answer.reason) == ZY_OK;
}

/* What we could not open because of our own keys or memory is no message to be passed over: it stays where it is. */
static zy_status read_mail(const house *h, exchange *x, zy_clearing_in *in, zy_err *err)
{
    const int64_t number = in->number;
    zy_status status = zy_wire_message(&h->self, &x->said, zy_buf_view(&x->answer), &x->doc, &x->message, err);
    if (status != ZY_OK && status != ZY_BAD_REQUEST)
        return zy_fail(err, ZY_CONNECTOR_FAILED, NULL, "message %lld of the mailbox cannot be opened: %s", (long long)number,
                       zy_status_name(status));
    if (status != ZY_OK || !in_of(h, &x->message, in))
        *in = (zy_clearing_in){ .kind = ZY_CLEARING_IN_UNREADABLE, .number = number };
    return ZY_OK;
}

/* *ret_number 0: there is nothing behind `after`. */
static zy_status fetch(house *h, int64_t after, zy_time now, exchange *x, int64_t *ret_number, zy_err *err)
{
    ZY_TRY(new_exchange(x));
    const zy_wire_out out = { .type = ZY_WIRE_MAILBOX, .id = x->id, .re = "", .number = after, .now = now };
    ZY_TRY(ask(h, &out, x, err));
    *ret_number = 0;
    if (said(x, ZY_WIRE_NONE))
        return ZY_OK;
    return zy_wire_number(&x->said, ret_number) && *ret_number > after ? ZY_OK : shapeless(err);
}

static zy_status house_collect(void *state, int64_t after, int max, zy_time now, zy_status (*each)(const zy_clearing_in *in, void *arg),
                               void *arg, zy_err *err)
{
    house *h = state;
    for (int i = 0; i < max; i++) {
        AUTO_EXCHANGE x = { .id = "" };
        zy_clearing_in in = { .kind = 0 };
        ZY_TRY(fetch(h, after, now, &x, &in.number, err));
        if (in.number == 0)
            return ZY_OK;
        after = in.number;
        ZY_TRY(read_mail(h, &x, &in, err));
        ZY_TRY(each(&in, arg));
    }
    return ZY_OK;
}

/* --- the day's file --- */

typedef struct day_line {
    char message_id[ZY_CLEARING_ID_MAX], order_ref[ZY_CLEARING_ID_MAX];
    zy_money amount;
    zy_clearing_outcome outcome;
    bool ours, is_return;
} day_line;

typedef struct day_file {
    char id[ZY_CLEARING_ID_MAX];                        /* the same on all pages, as are the totals */
    int64_t credit_count, debit_count, credits, debits; /* announced, and read */
    zy_money credit_sum, debit_sum, credit_read, debit_read;
    day_line *lines;
    size_t count, room;
} day_file;

static void day_file_free(day_file *f)
{
    free(f->lines);
}

static zy_status add_line(day_file *f, const zy_iso_entry *e)
{
    if (f->count == f->room) {
        size_t room = f->room > 0 ? 2 * f->room : ZY_ISO_ENTRIES_MAX;
        day_line *more = reallocarray(f->lines, room, sizeof *more);
        if (more == NULL)
            return ZY_NO_MEMORY;
        f->lines = more;
        f->room = room;
    }
    day_line *line = &f->lines[f->count++];
    *line = (day_line){ .amount = e->amount, .ours = zy_str_eq(e->direction, ZY_STR("DBIT")), .is_return = e->is_return };
    ZY_TRY(zy_str_copy(e->message_id, line->message_id, sizeof line->message_id));
    ZY_TRY(zy_str_copy(e->order_ref, line->order_ref, sizeof line->order_ref));
    ++*(line->ours ? &f->debits : &f->credits);
    zy_money *sum = line->ours ? &f->debit_read : &f->credit_read;
    ZY_TRY(zy_money_add(*sum, e->amount, sum));
    return outcome_of(e->status, &line->outcome) ? ZY_OK : ZY_BAD_REQUEST;
}

static bool is_page(const zy_iso_message *m, zy_day day, int64_t page)
{
    int64_t from = zy_day_start(day).ms;
    return m->page == page && m->day_from.ms == from && m->day_to.ms == from + ZY_DAYS(1).ms - 1;
}

static bool same_totals(const day_file *f, const zy_iso_message *m)
{
    return zy_str_eq_c(m->item_id, f->id) && m->credit_count == f->credit_count && m->debit_count == f->debit_count &&
           m->credit_sum.fen == f->credit_sum.fen && m->debit_sum.fen == f->debit_sum.fen;
}

static zy_status add_page(day_file *f, const zy_iso_message *m, zy_day day, int64_t page)
{
    if (page == 1) {
        ZY_TRY(zy_str_copy(m->item_id, f->id, sizeof f->id));
        f->credit_count = m->credit_count;
        f->debit_count = m->debit_count;
        f->credit_sum = m->credit_sum;
        f->debit_sum = m->debit_sum;
    }
    if (!is_page(m, day, page) || !same_totals(f, m))
        return ZY_BAD_REQUEST;
    for (size_t i = 0; i < m->entry_count; i++)
        ZY_TRY(add_line(f, &m->entries[i]));
    return ZY_OK;
}

static bool adds_up(const day_file *f)
{
    return f->credits == f->credit_count && f->debits == f->debit_count && f->credit_read.fen == f->credit_sum.fen &&
           f->debit_read.fen == f->debit_sum.fen;
}

static zy_status fetch_page(house *h, day_file *f, zy_day day, int64_t page, zy_time now, bool *ret_last, zy_err *err)
{
    zy_iso_message m = { .kind = ZY_ISO_DAY_ASKED, .day = day, .page = page };
    AUTO_EXCHANGE x = { .id = "" };
    ZY_TRY(new_exchange(&x));
    ZY_TRY(ask_message(h, &m, now, &x, err));
    if (page == 1 && said(&x, ZY_WIRE_NONE))
        return zy_fail(err, ZY_NOT_FOUND, NULL, "the clearing house has not closed that day");
    ZY_TRY(read_answer(h, &x, ZY_ISO_DAY_PAGE, err));
    zy_status status = add_page(f, &x.message, day, page);
    if (status == ZY_NO_MEMORY)
        return status;
    *ret_last = x.message.last_page;
    return status == ZY_OK ? ZY_OK
                           : zy_fail(err, ZY_CONNECTOR_FAILED, NULL, "page %lld of the day's file does not fit", (long long)page);
}

static zy_status house_day_file(void *state, zy_day day, zy_time now, zy_status (*each)(const zy_clearing_line *line, void *arg),
                                void *arg, zy_err *err)
{
    __attribute__((cleanup(day_file_free))) day_file f = { .count = 0 };
    bool last = false;
    for (int64_t page = 1; !last; page++) {
        if (page > PAGES_MAX)
            return zy_fail(err, ZY_CONNECTOR_FAILED, NULL, "a day's file of more than %d pages", PAGES_MAX);
        ZY_TRY(fetch_page(state, &f, day, page, now, &last, err));
    }
    if (!adds_up(&f))
        return zy_fail(err, ZY_CONNECTOR_FAILED, NULL, "the day's file does not add up to its own totals");
    for (size_t i = 0; i < f.count; i++) {
        const day_line *l = &f.lines[i];
        const zy_clearing_line line = {
            zy_str_of(l->message_id), zy_str_of(l->order_ref), l->ours, l->amount, l->outcome, l->is_return
        };
        ZY_TRY(each(&line, arg));
    }
    return ZY_OK;
}

const clearing_kind CLEARING_HTTP = {
    house_send,       house_query,   house_recall,        house_lookup_phone, house_verify,
    house_bind_phone, house_collect, house_answer_credit, house_day_file,     house_free,
};
