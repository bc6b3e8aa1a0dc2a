/* The head of a request: taken apart by http_parser, then judged as RFC 9112 and 9110 say and not one byte more
 * leniently. Pure functions over bytes: no socket, no memory of their own. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "net/net.h"

#define ZY_HEADERS_MAX 64
#define ZY_TARGET_MAX  4096

typedef struct zy_header {
    zy_str name, value;
} zy_header;

typedef struct zy_head {
    zy_http_method method;
    zy_str path, query; /* as sent; query without '?' */
    zy_header headers[ZY_HEADERS_MAX];
    size_t header_count;
    uint64_t content_length;
    bool close, expects_continue;
} zy_head;

/* HTTP status numbers that a head can earn; 0 is a good one. */
typedef int zy_http_verdict;

/* bytes: from the request line up to and with the empty line. The head's parts point into them.
 * Returns 0, or the HTTP status to answer (400, 411, 414, 417, 431, 501, 505); a refused head says
 * nothing about where the next one begins, so the connection must end. */
zy_http_verdict zy_head_parse(zy_str bytes, zy_head *ret_head);

/* Decodes a raw path: begins with '/', percent-encoding resolved once. Refuses (ZY_BAD_REQUEST) a bad
 * escape, an escaped NUL, control byte, slash or backslash, the segments "", "." and "..", and text that
 * is not UTF-8. out takes at most raw.n bytes. */
ZY_CHECKED zy_status zy_path_decode(zy_str raw, char *out, size_t *ret_n);

/* Decodes a form value ('+' is a space) into out (at most raw.n bytes); ZY_BAD_REQUEST as above, but
 * slashes and control bytes other than NUL may stand. */
ZY_CHECKED zy_status zy_query_decode(zy_str raw, char *out, size_t *ret_n);

bool zy_head_find(const zy_head *head, const char *name, zy_str *ret_value);
/* ASCII, ignoring case. */
bool zy_str_same(zy_str a, const char *b);
/* True when the comma list holds the token (ignoring case and parameters); q=0 counts as absent. */
bool zy_list_has(zy_str list, const char *token);
/* Characters of a header name. */
bool zy_is_token(zy_str s);
