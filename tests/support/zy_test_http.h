/* A door as its clients meet it: a real server on a free port of 127.0.0.1 with a certificate made for the test, and libcurl. */
#pragma once

#include "net/net.h"

typedef struct zy_test_answer {
    long status;
    char head[8192], body[65536]; /* terminated; cut when longer */
} zy_test_answer;

/* One server at a time. The routes must outlive it. */
ZY_CHECKED zy_status zy_test_http_start(const zy_route *routes, size_t count);
void zy_test_http_stop(void);
/* "https://127.0.0.1:PORT" */
const char *zy_test_http_origin(void);
/* headers: NULL-terminated, may be NULL. body: NULL for a request without one. Fails the test when there is no answer. */
void zy_test_http_ask(const char *method, const char *path, const char *const *headers, const char *body,
                      zy_test_answer *ret_answer);
/* The value of a header of the answer into out; false when it is not there. */
bool zy_test_http_header(const zy_test_answer *answer, const char *name, char *out, size_t size);
