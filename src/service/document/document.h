/* Statements and receipts that customers carry away: rendered, sealed with a signature, and checked by a code. */
#pragma once

#include "api/api.h"

#define ZY_DOCUMENT_CODE_MAX 17  /* 16 characters of base32 */
#define ZY_DOCUMENT_COLUMNS_MAX 8

typedef struct zy_document_line {
    const char *label;
    char value[200];             /* masked */
} zy_document_line;
typedef struct zy_document_column {
    const char *title;
    float share;                 /* of the page's width; all together 1 */
    bool right;                  /* figures */
} zy_document_column;
typedef struct zy_document {
    const char *kind, *title;    /* "statement", what stands on top */
    const zy_document_line *lines;
    size_t line_count;
    const zy_document_column *columns;
    size_t column_count;         /* 0: no table */
    const zy_json *rows;         /* array of arrays of texts, as many as columns */
    const zy_json *facts;        /* object, masked: all that document.check tells */
} zy_document;
/* Renders it ("pdf", "csv"), seals it, keeps it for its owner, the caller's customer, with an audit record. Fills {document_id, code,
 * format, bytes, chunks}. Costs a signature; not inside a unit. */
ZY_CHECKED zy_status zy_document_make(zy_call *call, const zy_document *document, zy_str format, zy_json *body, zy_err *err);
/* The answer of that, for .outs. */
extern const zy_out ZY_DOCUMENT_MADE_OUTS[];
#define ZY_DOCUMENT_MADE_OUT_COUNT 5

typedef struct zy_document_seal {
    char code[ZY_DOCUMENT_CODE_MAX];
    uint16_t key_version;
    uint8_t signature[ZY_SM2_SIG_BYTES];
    zy_str signed_part;          /* of the file */
} zy_document_seal;
/* The last line of a file. ZY_BAD_REQUEST: it has none. */
ZY_CHECKED zy_status zy_document_seal_parse(zy_str file, zy_document_seal *ret_seal);
/* Is the file as this bank made it? ZY_BAD_REQUEST: no sealed document; ZY_SIGNATURE_BAD: it was changed, or another bank's;
 * ZY_NOT_FOUND: its key is not known here. */
ZY_CHECKED zy_status zy_document_verify(const zy_keys *keys, zy_str file, zy_document_seal *ret_seal);

/* document.get, document.check */
extern const zy_api ZY_DOCUMENT_APIS[];
extern const size_t ZY_DOCUMENT_API_COUNT;
extern const zy_config_row ZY_DOCUMENT_CONFIG[]; /* document.font */
extern const size_t ZY_DOCUMENT_CONFIG_COUNT;
void zy_document_start(void); /* registers what audit verification follows */
/* Housekeeping: drops files older than a day, at most max chunks. */
ZY_CHECKED zy_status zy_document_expire(zy_env *env, int max, int64_t *ret_dropped, zy_err *err);
