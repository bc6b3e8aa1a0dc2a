#include "gateway.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "connector/carrier.h"

#define TOKEN_BYTES 16
#define NONCE_MAX   65
#define BODY_MAX    512

typedef struct token {
    char text[40], phone[16], nonce[NONCE_MAX];
    zy_time ends_at;
} token;

static struct {
    pthread_mutex_t lock;
    token tokens[CARRIER_TOKENS_MAX];
    size_t next, inquiries;
} memory = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* Which carrier has the number, by its first three digits; numbers taken along to another carrier are not known here. */
static const char *carrier_of(zy_str phone)
{
    static const struct {
        const char *name, *prefixes;
    } CARRIERS[] = {
        { "telecom", "133 149 153 173 177 180 181 189 190 191 193 199 " },
        { "unicom", "130 131 132 145 155 156 166 175 176 185 186 196 " },
        { "broadcast", "192 " },
    };
    for (size_t i = 0; i < ZY_COUNT(CARRIERS); i++)
        for (const char *at = CARRIERS[i].prefixes; *at != '\0'; at += 4)
            if (phone.n >= 3 && memcmp(at, phone.p, 3) == 0)
                return CARRIERS[i].name;
    return "mobile";
}

/* --- the phone's side --- */

zy_status carrier_sim_of_file(carrier_gateway *g, char ret_phone[16], zy_err *err)
{
    ZY_AUTO_BUF text = { .max = 64 };
    ZY_TRY(sim_read_file(g->path, &text, err));
    return zy_str_copy(zy_str_trim(zy_buf_view(&text)), ret_phone, 16);
}

zy_status carrier_token(carrier_gateway *g, zy_str nonce, char ret_token[40], zy_err *err)
{
    uint8_t random[TOKEN_BYTES];
    token made = { .ends_at = zy_time_add(zy_clock_now(g->clock), CARRIER_TOKEN_LIFE) };
    ZY_TRY(g->sim(g, made.phone, err));
    if (made.phone[0] == '\0')
        return zy_fail(err, ZY_NOT_FOUND, NULL, "no SIM card in this phone");
    if (nonce.n == 0 || zy_str_copy(nonce, made.nonce, sizeof made.nonce) != ZY_OK)
        return zy_fail(err, ZY_BAD_FIELD, "nonce", "no nonce");
    ZY_TRY(zy_random(random, sizeof random));
    zy_base64url_encode(random, sizeof random, made.text);
    memcpy(ret_token, made.text, sizeof made.text);
    pthread_mutex_lock(&memory.lock);
    memory.tokens[memory.next++ % CARRIER_TOKENS_MAX] = made;
    pthread_mutex_unlock(&memory.lock);
    return ZY_OK;
}

/* Any page may ask, as at a real gateway: what it gets tells it nothing. */
static void give_token(zy_http *http, void *arg)
{
    carrier_gateway *g = arg;
    char text[40];
    zy_str nonce = { 0 };
    zy_err err = { 0 };
    ZY_AUTO_BUF body = { 0 };
    ZY_AUTO(zy_json_free) zy_json *in = NULL;
    ZY_AUTO(zy_json_free) zy_json *out = zy_json_object();
    zy_status status = zy_json_parse(zy_http_body(http), &in);
    if (status == ZY_OK)
        status = zy_json_str(in, "nonce", &nonce) ? carrier_token(g, nonce, text, &err) : ZY_BAD_REQUEST;
    zy_http_set(http, "Access-Control-Allow-Origin", ZY_STR("*"));
    if (status != ZY_OK) {
        zy_log_warn("carrier.no_token", ZY_L_C("why", err.detail));
        zy_http_status(http, status == ZY_NOT_FOUND ? 404 : 400); /* with the header above: the page is to see it */
        zy_http_write(http, ZY_STR("application/json"), "{}", 2);
        return;
    }
    zy_json_set_c(out, "token", text);
    zy_json_write(out, &body);
    zy_http_write(http, ZY_STR("application/json"), body.p, body.n);
}

/* --- the bank's side --- */

/* Takes the token out: whatever it is redeemed for, it is gone. */
static bool take_token(zy_str text, token *ret_token)
{
    bool found = false;
    pthread_mutex_lock(&memory.lock);
    for (size_t i = 0; i < CARRIER_TOKENS_MAX && !found; i++) {
        found = memory.tokens[i].text[0] != '\0' && zy_str_eq_c(text, memory.tokens[i].text);
        if (found) {
            *ret_token = memory.tokens[i];
            memory.tokens[i] = (token){ .text = "" };
        }
    }
    pthread_mutex_unlock(&memory.lock);
    return found;
}

static zy_status check(void *arg, const zy_json *question, zy_json *ret_answer, zy_err *err)
{
    const carrier_gateway *g = arg;
    zy_str phone, text, nonce;
    token made;
    char number[32];
    if (g->silent)
        return zy_fail(err, ZY_CONNECTOR_FAILED, NULL, "told to say nothing");
    if (!zy_json_str(question, "phone", &phone) || !zy_json_str(question, "token", &text) || !zy_json_str(question, "nonce", &nonce))
        return zy_fail(err, ZY_BAD_REQUEST, NULL, "a question without phone, token and nonce");
    bool match = take_token(text, &made) && made.ends_at.ms > zy_clock_now(g->clock).ms && zy_str_eq_c(nonce, made.nonce) &&
                 zy_str_eq_c(phone, made.phone);
    pthread_mutex_lock(&memory.lock);
    snprintf(number, sizeof number, "c-%zu", ++memory.inquiries);
    pthread_mutex_unlock(&memory.lock);
    zy_json_set_bool(ret_answer, "match", match);
    zy_json_set_c(ret_answer, "carrier", match ? carrier_of(phone) : "");
    zy_json_set_c(ret_answer, "number", number);
    return ZY_OK;
}

void carrier_gateway_system(carrier_gateway *gateway, sim_system *s)
{
    *s = (sim_system){ .name = "carrier", .asks = ZY_CARRIER_ASKS, .answers = ZY_CARRIER_ANSWERS, .question_max = 4096,
                       .questions = { { ZY_CARRIER_PATH_CHECK, check } }, .question_count = 1,
                       .pages = { { "/tokens", ZY_HTTP_POST, BODY_MAX, NULL, give_token, gateway } }, .page_count = 1,
                       .arg = gateway };
}
