/* The APIs of certificates as rows. */
#include "service/cert/cert_internal.h"

#define REASON(struct_t) ZY_FIELD(struct_t, reason, ZY_F_TEXT, 2, 200)

static const zy_field REVOKE_FIELDS[] = { ZY_FIELD(cert_revoke_in, certificate_id, ZY_F_ID, 1, 40) };
static const zy_field DEED_FIELDS[] = { ZY_FIELD(cert_revoke_in, certificate_id, ZY_F_ID, 1, 40), REASON(cert_revoke_in) };
static const zy_field REGISTER_FIELDS[] = {
    ZY_FIELD(cert_register_in, customer_id, ZY_F_ID, 1, 40),
    ZY_FIELD(cert_register_in, kind, ZY_F_ENUM, 1, 20, .choices = "bluetooth_key|phone_shield"),
    ZY_FIELD(cert_register_in, csr, ZY_F_BASE64, 100, (ZY_X509_DER_MAX + 2) / 3 * 4, .help = "PKCS#10, DER, made by the device"),
    REASON(cert_register_in),
};
static const zy_field SEARCH_FIELDS[] = {
    ZY_FIELD(cert_search_in, state, ZY_F_ENUM, 1, 20, ZY_OPTIONAL, .choices = "granted|valid|frozen|revoked"),
    ZY_FIELD(cert_search_in, customer_id, ZY_F_ID, 1, 40, ZY_OPTIONAL, ZY_HAS(cert_search_in, has_customer)),
    ZY_FIELD(cert_search_in, limit, ZY_F_INT, 1, 50, ZY_OPTIONAL),
    ZY_FIELD(cert_search_in, cursor, ZY_F_CODE, 0, ZY_CURSOR_MAX - 1, ZY_OPTIONAL),
};

#define SHOWN                                                                                                            \
    ZY_OUT("certificate_id", ZY_O_STR), ZY_OUT("kind", ZY_O_STR, .help = "soft_key, bluetooth_key, phone_shield"),        \
    ZY_OUT("state", ZY_O_STR, .help = "granted, valid, frozen, revoked, expired"), ZY_OUT("serial", ZY_O_STR),            \
    ZY_OUT("created_at", ZY_O_INT), ZY_OUT("not_before", ZY_O_INT), ZY_OUT("not_after", ZY_O_INT)
static const zy_out OWN_OUTS[] = { SHOWN, ZY_OUT("this_device", ZY_O_BOOL, .help = "its key is on this device") };
static const zy_out GET_OUTS[] = { ZY_OUT("certificates", ZY_O_LIST, ZY_MEMBERS(OWN_OUTS)) };
static const zy_out ISSUED_OUTS[] = { SHOWN, ZY_OUT("certificate", ZY_O_STR, .help = "X.509, DER, base64") };
static const zy_out ISSUE_OUTS[] = { ZY_OUT("certificate", ZY_O_OBJECT, ZY_MEMBERS(ISSUED_OUTS)) };
static const zy_out STATE_OUTS[] = { ZY_OUT("state", ZY_O_STR) };
static const zy_out REQUESTED_OUTS[] = { ZY_OUT("request_id", ZY_O_STR) };
static const zy_out ROW_OUTS[] = { SHOWN, ZY_OUT("customer_id", ZY_O_STR), ZY_OUT("reason", ZY_O_STR), ZY_OUT("ended_at", ZY_O_INT) };
static const zy_out SEARCH_OUTS[] = { ZY_OUT("certificates", ZY_O_LIST, ZY_MEMBERS(ROW_OUTS)), ZY_OUT("cursor", ZY_O_STR) };

#define CUSTOMER_API(api_name, api_class, rate, words, handler)                                              \
    .name = (api_name), .door = ZY_DOOR_CUSTOMER, .class = (api_class), .per_minute = (rate), .title = (words), \
    .run = (handler)
#define STAFF_API(api_name, word, rate, words, handler)                                                       \
    .name = (api_name), .door = ZY_DOOR_STAFF, .class = ZY_PROTECTED, .permission = (word), .per_minute = (rate), \
    .audited = true, .title = (words), .run = (handler)
#define DEED_API(api_name, words) \
    { STAFF_API(api_name, "cert.make", 20, words, cert_deed_run), ZY_FIELDS(cert_revoke_in, DEED_FIELDS), ZY_OUTS(REQUESTED_OUTS) }

const zy_api ZY_CERT_APIS[] = {
    { CUSTOMER_API("cert.get", ZY_PROTECTED, 60, "The customer's certificates, newest first", cert_get_run), ZY_NO_FIELDS,
      ZY_OUTS(GET_OUTS) },
    { CUSTOMER_API("cert.issue", ZY_PRIVATE, 20, "Collects the certificate that an order granted to this device", cert_issue_run),
      .audited = true, .critical = true, ZY_NO_FIELDS, ZY_OUTS(ISSUE_OUTS) },
    { CUSTOMER_API("cert.revoke", ZY_PRIVATE, 10, "Revokes one's own certificate at once", cert_revoke_run), .audited = true,
      ZY_FIELDS(cert_revoke_in, REVOKE_FIELDS), ZY_OUTS(STATE_OUTS) },
    { STAFF_API("cert.search", "cert.view", 60, "Certificates, newest first", cert_search_run),
      ZY_FIELDS(cert_search_in, SEARCH_FIELDS), ZY_OUTS(SEARCH_OUTS) },
    { STAFF_API("cert.register", "cert.make", 20, "Asks to certify the key of a customer's device", cert_register_run),
      ZY_FIELDS(cert_register_in, REGISTER_FIELDS), ZY_OUTS(REQUESTED_OUTS) },
    DEED_API("cert.freeze", "Asks to freeze a certificate"),
    DEED_API("cert.unfreeze", "Asks to lift the freeze of a certificate"),
    DEED_API("cert.revoke", "Asks to revoke a certificate"),
};
const size_t ZY_CERT_API_COUNT = ZY_COUNT(ZY_CERT_APIS);
