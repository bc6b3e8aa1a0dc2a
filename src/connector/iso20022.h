/* ISO 20022 messages between the bank and the clearing house, written and read by tables of paths and checked against the schemas of
 * schema/iso20022 both ways. Only well-made UTF-8 without DTD, comment, CDATA or processing instruction is read. */
#pragma once

#include "base/clock.h"
#include "base/money.h"

typedef enum zy_iso_kind {
    ZY_ISO_TRANSFER = 1,  /* pacs.008 */
    ZY_ISO_STATUS,        /* pacs.002 */
    ZY_ISO_RETURN,        /* pacs.004 */
    ZY_ISO_STATUS_ASKED,  /* pacs.028 */
    ZY_ISO_RECALL,        /* camt.056 */
    ZY_ISO_RECALL_ANSWER, /* camt.029 */
    ZY_ISO_DAY_ASKED,     /* camt.060 */
    ZY_ISO_DAY_PAGE,      /* camt.053 */
    ZY_ISO_PHONE_BINDING, /* acmt.022 */
    ZY_ISO_ACCOUNT_ASKED, /* acmt.023 */
    ZY_ISO_ACCOUNT_ANSWER,/* acmt.024 */
    ZY_ISO_KIND_END
} zy_iso_kind;
const char *zy_iso_kind_name(zy_iso_kind kind); /* "pacs.008.001.08" */
bool zy_iso_kind_parse(zy_str name, zy_iso_kind *ret_kind);

#define ZY_ISO_BYTES_MAX   (1u << 20)
#define ZY_ISO_DEPTH_MAX   16
#define ZY_ISO_NODES_MAX   16384
#define ZY_ISO_ENTRIES_MAX 500 /* of one page of a day's file */

typedef struct zy_iso_entry { /* of camt.053 */
    zy_money amount;
    zy_str direction;         /* DBIT: the bank pays; CRDT: it is paid */
    bool is_return;
    zy_str status;            /* BOOK, PDNG, INFO (rejected) */
    zy_str way, message_id, order_ref;
} zy_iso_entry;

/* What stands in a message; a field that its kind has not stays empty. Strings borrowed. */
typedef struct zy_iso_message {
    zy_iso_kind kind;
    zy_str id;                 /* of this message */
    zy_time at;
    zy_str from, to;           /* bank codes of its sender and receiver */
    zy_str original_id;        /* of the transfer that it speaks of */
    zy_str order_ref;
    zy_str item_id;            /* of the recall or the question inside */
    zy_str way;                /* INSTANT, LARGE, BATCH */
    zy_money amount;           /* CNY */
    zy_day day;                /* of settlement */
    zy_str status, reason;     /* ACSC PDNG RJCT (pacs.002), CNCL PDCR RJCR (camt.029); AC01 … */
    zy_str debtor_bank, debtor_name, debtor_number;
    zy_str creditor_bank, creditor_name, creditor_number;
    zy_str memo;
    zy_str account_bank, account_name, account_number, phone, former_phone;
    bool verified;             /* acmt.024 */
    int64_t page;              /* camt.053, camt.060: from 1 */
    bool last_page;
    zy_time day_from, day_to;  /* camt.053: the whole day */
    int64_t credit_count, debit_count; /* of all pages */
    zy_money credit_sum, debit_sum;
    const zy_iso_entry *entries;
    size_t entry_count;
} zy_iso_message;

/* Encrypts or decrypts one personal field on its way; NULL in place of a cipher leaves them as they are. field: which one, no two in
 * a message are the same; path: where it stands. */
typedef struct zy_iso_cipher {
    zy_status (*fn)(void *arg, unsigned field, const char *path, zy_str in, zy_buf *out);
    void *arg;
} zy_iso_cipher;

/* Appends the message. ZY_BAD_FIELD with the field's name: something that its schema does not allow, or no text for XML. */
ZY_CHECKED zy_status zy_iso_write(const zy_iso_message *message, const zy_iso_cipher *seal, zy_buf *ret_xml, zy_err *err);

typedef struct zy_iso_doc zy_iso_doc; /* owns the texts of a message that was read */
/* ZY_BAD_REQUEST: not such a message, too large or too deep, or not valid; ZY_SIGNATURE_BAD: a field that does not decrypt. */
ZY_CHECKED zy_status zy_iso_read(zy_str xml, zy_iso_kind kind, const zy_iso_cipher *open, zy_iso_doc **ret_doc,
                                 zy_iso_message *ret_message, zy_err *err);
void zy_iso_doc_free(zy_iso_doc *doc); /* wipes the personal fields; accepts NULL */
ZY_AUTO_DEFINE(zy_iso_doc, zy_iso_doc_free)
