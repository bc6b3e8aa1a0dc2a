/* Used by src/service/document alone. */
#pragma once

#include "service/document/document.h"

#define CHUNK_BYTES      49152
#define DOCUMENT_MAX     (8u << 20)
#define DOCUMENT_LIFE    ZY_DAYS(1)

/* Each appends the file without its seal. code: as it is printed. */
zy_status document_pdf(zy_env *env, const zy_document *d, const char *code, zy_buf *out, zy_err *err);
zy_status document_csv(zy_env *env, const zy_document *d, const char *code, zy_buf *out, zy_err *err);
/* Appends the line that signs everything before it. mark: '%' or '#'. */
zy_status document_seal(zy_keys *keys, char mark, const char *code, zy_buf *file);
zy_str document_cell(const zy_json *rows, size_t row, size_t column);

/* --- document_repo.c --- */
typedef struct document_row {
    zy_id id, customer, audit;
    char code[ZY_DOCUMENT_CODE_MAX];
    const char *kind, *format;
    zy_str facts;
    uint8_t digest[ZY_SM3_BYTES];
    int64_t bytes, chunks;
    zy_time made_at;
} document_row;
extern const zy_sql DOCUMENT_AUDIT_LINK;
zy_status document_insert(zy_tx *tx, const document_row *row, zy_err *err);
zy_status document_insert_chunk(zy_tx *tx, zy_id document, int64_t seq, zy_str sealed, zy_time now, zy_err *err);
zy_status document_select_chunk(zy_rtx *rtx, zy_id customer, zy_id document, int64_t seq, zy_stmt **ret_row, zy_err *err);
zy_status document_select_code(zy_rtx *rtx, zy_str code, zy_stmt **ret_row, zy_err *err); /* kind, made_at, facts */
zy_status document_drop_chunks(zy_tx *tx, zy_time older_than, int max, int64_t *ret_dropped, zy_err *err);
