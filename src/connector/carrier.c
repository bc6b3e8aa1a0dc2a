#include "connector/carrier.h"

#include <stdlib.h>

#include "connector/carrier_internal.h"
#include "connector/http_url.h"
#include "connector/signed_http.h"

const zy_config_row ZY_CARRIER_CONFIG[] = {
    { "carrier.connector", ZY_C_CHOICE, "none", 0, 0, "none|http", "who says which number a phone has: nobody, or the carriers' gateway" },
    { "carrier.url", ZY_C_TEXT, "", 0, 500, NULL, "http: https URL of the gateway (http only to this machine)" },
    { "carrier.key", ZY_C_SECRET_FILE, "carrier-key", 0, 0, NULL, "http: file (mode 0600) with the shared key, 16 bytes or more" },
    { "carrier.page_url", ZY_C_TEXT, "", 0, 300, NULL, "https URL at which a page on the phone gets its token; empty: apps alone have one" },
};
const size_t ZY_CARRIER_CONFIG_COUNT = ZY_COUNT(ZY_CARRIER_CONFIG);

struct zy_carrier {
    signed_system *system;
};
static const signed_kind KIND = {
    .name = "the carriers' gateway", .url = "carrier.url", .key = "carrier.key", .asks = ZY_CARRIER_ASKS,
    .answers = ZY_CARRIER_ANSWERS, .connect_ms = 2000, .total_ms = 4000, .at_once = 16,
};

zy_status zy_carrier_open(const zy_config *config, zy_carrier **ret_carrier, zy_err *err)
{
    *ret_carrier = NULL;
    if (zy_str_eq_c(zy_config_text(config, "carrier.connector"), "none"))
        return ZY_OK;
    zy_str page_url = zy_config_text(config, "carrier.page_url");
    if (page_url.n > 0 && !connector_url_is_safe(page_url))
        return zy_fail(err, ZY_CONFIG_BAD, "carrier.page_url", "an https URL is expected (http to this machine), without user, ? and #");
    zy_carrier *carrier = calloc(1, sizeof *carrier);
    if (carrier == NULL)
        return ZY_NO_MEMORY;
    zy_status status = signed_open(&KIND, config, &carrier->system, err);
    if (status != ZY_OK) {
        free(carrier);
        return status;
    }
    *ret_carrier = carrier;
    return ZY_OK;
}

void zy_carrier_free(zy_carrier *carrier)
{
    if (carrier == NULL)
        return;
    signed_free(carrier->system);
    free(carrier);
}

typedef struct check_question {
    zy_str phone, token, nonce;
} check_question;

static void write_member(zy_buf *out, const char *name, zy_str value, const char *behind)
{
    ZY_AUTO(zy_json_free) zy_json *text = zy_json_new_str(value);
    zy_buf_fmt(out, "\"%s\":", name);
    zy_json_write(text, out);
    zy_buf_c(out, behind);
}

static void write_check(zy_buf *out, const void *arg)
{
    const check_question *q = arg;
    write_member(out, "phone", q->phone, ",");
    write_member(out, "token", q->token, ",");
    write_member(out, "nonce", q->nonce, "");
}

zy_status carrier_check_read(const zy_json *answer, void *ret_verdict)
{
    zy_carrier_verdict v = { .match = false };
    zy_str name, number;
    if (!zy_json_bool(answer, "match", &v.match) || !zy_json_str(answer, "carrier", &name) || !zy_json_str(answer, "number", &number) ||
        number.n == 0 || zy_str_copy(name, v.name, sizeof v.name) != ZY_OK || zy_str_copy(number, v.number, sizeof v.number) != ZY_OK)
        return ZY_BAD_REQUEST;
    *(zy_carrier_verdict *)ret_verdict = v;
    return ZY_OK;
}

zy_status zy_carrier_check(zy_carrier *carrier, zy_str phone, zy_str token, zy_str nonce, zy_time now, zy_carrier_verdict *ret_verdict,
                           zy_err *err)
{
    const check_question q = { phone, token, nonce };
    const signed_question question = { ZY_CARRIER_PATH_CHECK, now, write_check, &q, carrier_check_read };
    if (carrier == NULL)
        return zy_fail(err, ZY_CONNECTOR_FAILED, NULL, "no gateway of the carriers is connected (carrier.connector)");
    return signed_ask(carrier->system, &question, ret_verdict, err);
}
