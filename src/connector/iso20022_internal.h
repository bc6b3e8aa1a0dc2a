/* Shared by the files of iso20022 alone. */
#pragma once

#include "connector/iso20022.h"

typedef struct iso_schema_file {
    const char *name, *text; /* "pacs.008.001.08" */
    size_t n;
} iso_schema_file;
extern const iso_schema_file ISO_SCHEMA_FILES[]; /* ends with a NULL name */

typedef enum { ISO_TEXT, ISO_DAY, ISO_TIME, ISO_AMOUNT, ISO_SUM, ISO_BOOL, ISO_COUNT, ISO_FIXED } iso_value;

/* One element with a text. Rows stand in the order of the schema. */
typedef struct iso_field {
    const char *path;   /* below the root element, "A/B/C"; of an entry: below that */
    iso_value value;
    size_t offset;      /* in zy_iso_message or zy_iso_entry. FIXED: of a text without which it is left out; 0: always there */
    bool personal;      /* encrypted on its way */
    const char *fixed;
} iso_field;

typedef struct iso_shape {
    const char *name;
    const iso_field *fields;
    size_t count;
    const char *entry_path; /* NULL: no entries */
    const iso_field *entry_fields;
    size_t entry_field_count;
} iso_shape;
extern const iso_shape ISO_SHAPES[ZY_ISO_KIND_END];

/* A value as it stands in XML, appended; false: it is left out. */
ZY_CHECKED zy_status iso_value_write(const iso_field *field, const void *from, zy_buf *out, bool *ret_present);
/* The other way. A text that is there already must be the same. ZY_BAD_REQUEST. */
ZY_CHECKED zy_status iso_value_read(const iso_field *field, zy_str text, void *to);
