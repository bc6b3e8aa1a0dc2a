/* What goes over the wire between a bank and the clearing house: one ISO 20022 message, or none, under a head that its sender signs.
 * For the two ends (src/connector/clearing_http.c, sim/clearing); README.md has the protocol. */
#pragma once

#include "connector/iso20022.h"
#include "crypto/crypto.h"

#define ZY_CLEARING_PATH    "/v1/messages"
#define ZY_CLEARING_TYPE    "application/xml"
/* What a head may announce besides the name of an ISO message: a question for the mailbox, and answers without a message. */
#define ZY_WIRE_MAILBOX  "mailbox"
#define ZY_WIRE_ACK      "ack"      /* taken */
#define ZY_WIRE_NONE     "none"     /* there is none */
#define ZY_WIRE_CONFLICT "conflict" /* it was answered otherwise before */

/* The head, in the order in which it is signed; the signature itself comes last. */
typedef enum zy_wire_field {
    ZY_WIRE_FROM, ZY_WIRE_TO, ZY_WIRE_TYPE, ZY_WIRE_ID, ZY_WIRE_RE, ZY_WIRE_TIME, ZY_WIRE_NUMBER, ZY_WIRE_KEY, ZY_WIRE_SIGNATURE,
    ZY_WIRE_FIELDS
} zy_wire_field;
#define ZY_WIRE_TEXT_MAX 240
#define ZY_WIRE_ID_MAX   33 /* 32 hex, terminated */
const char *zy_wire_header(zy_wire_field field); /* "X-Clearing-From" */

typedef struct zy_wire_head {
    char text[ZY_WIRE_FIELDS][ZY_WIRE_TEXT_MAX];
} zy_wire_head;

/* Whose keys: those of the key service at the bank, those of a file in the simulator. */
typedef struct zy_wire_self {
    zy_str code;
    zy_status (*sign)(void *arg, const zy_part *parts, size_t count, uint8_t sig[ZY_SM2_SIG_BYTES]);
    zy_status (*open)(void *arg, const void *cipher, size_t n, uint8_t *out, size_t size, size_t *ret_n);
    void *arg;
} zy_wire_self;

typedef struct zy_wire_peer {
    char code[15];
    zy_sm2_pub *sign, *box;
} zy_wire_peer;
/* Keys as 130 hex digits. ZY_BAD_FIELD. */
ZY_CHECKED zy_status zy_wire_peer_make(zy_str code, zy_str sign_hex, zy_str box_hex, zy_wire_peer *ret_peer);
void zy_wire_peer_clear(zy_wire_peer *peer);

ZY_CHECKED zy_status zy_wire_id_new(char out[ZY_WIRE_ID_MAX]);

/* What is sent: message (then type is its kind's) or a bare type. re: the id that it answers, or "". */
typedef struct zy_wire_out {
    const char *type;
    const zy_iso_message *message;
    const char *id, *re;
    int64_t number;
    zy_time now;
} zy_wire_out;
/* Personal fields are sealed with a fresh SM4 key, which is encrypted to the peer; then everything is signed. */
ZY_CHECKED zy_status zy_wire_seal(const zy_wire_self *self, const zy_wire_peer *peer, const zy_wire_out *out, zy_wire_head *ret_head,
                                  zy_buf *ret_body, zy_err *err);
/* Is it the peer's, to us, signed over these very bytes, and made within ZY_CLEARING_WINDOW of now? ZY_SIGNATURE_BAD for all else. */
ZY_CHECKED zy_status zy_wire_prove(const zy_wire_self *self, const zy_wire_peer *peer, const zy_wire_head *head, zy_str body, zy_time now);
/* Is this the signature over head and body? ZY_SIGNATURE_BAD. Says nothing of whose turn or time it was: for letters that were kept. */
ZY_CHECKED zy_status zy_wire_signed(const zy_sm2_pub *pub, const zy_wire_head *head, zy_str body);
bool zy_wire_number(const zy_wire_head *head, int64_t *ret_number);
/* The message under a head that was proven. ZY_BAD_REQUEST: it is none that we can read; anything else is our own trouble, as
 * ZY_SIGNATURE_BAD, when the key of its fields was not encrypted to a key of ours. */
ZY_CHECKED zy_status zy_wire_message(const zy_wire_self *self, const zy_wire_head *head, zy_str body, zy_iso_doc **ret_doc,
                                     zy_iso_message *ret_message, zy_err *err);
