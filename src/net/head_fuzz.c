/* A head that is accepted says the same when it is written out plainly and read again, and its path is
 * safe to hand on. */
#include <assert.h>
#include <string.h>

#include "net/address.h"
#include "net/head.h"

static const char *const METHOD_NAMES[] = { [ZY_HTTP_GET] = "GET", [ZY_HTTP_POST] = "POST", [ZY_HTTP_HEAD] = "HEAD" };

static void check_path(const zy_head *head)
{
    char path[ZY_TARGET_MAX + 1];
    size_t n = 0;
    if (zy_path_decode(head->path, path, &n) != ZY_OK)
        return;
    assert(n >= 1 && n <= head->path.n && path[0] == '/');
    assert(memchr(path, 0, n) == NULL && memmem(path, n, "/../", 4) == NULL);
    assert(n < 3 || memcmp(path + n - 3, "/..", 3) != 0);
    assert(zy_str_is_utf8(zy_str_bytes(path, n)));
}

static void write_plainly(const zy_head *head, zy_buf *out)
{
    zy_buf_c(out, METHOD_NAMES[head->method]);
    zy_buf_char(out, ' ');
    zy_buf_str(out, head->path);
    if (head->query.p != NULL) {
        zy_buf_char(out, '?');
        zy_buf_str(out, head->query);
    }
    zy_buf_c(out, " HTTP/1.1\r\n");
    for (size_t i = 0; i < head->header_count; i++) {
        zy_buf_str(out, head->headers[i].name);
        zy_buf_c(out, ": ");
        zy_buf_str(out, head->headers[i].value);
        zy_buf_c(out, "\r\n");
    }
    zy_buf_c(out, "\r\n");
}

static void check_head(zy_str bytes)
{
    zy_head head, again;
    if (zy_head_parse(bytes, &head) != 0)
        return;
    ZY_AUTO_BUF plain = { 0 };
    write_plainly(&head, &plain);
    assert(zy_head_parse(zy_buf_view(&plain), &again) == 0);
    assert(again.method == head.method && again.header_count == head.header_count);
    assert(again.content_length == head.content_length && again.close == head.close);
    assert(zy_str_eq(again.path, head.path) && zy_str_eq(again.query, head.query));
    check_path(&head);
}

static void check_pieces(zy_str bytes)
{
    static char out[1 << 20];
    size_t n = 0;
    zy_network everything = { .bits = 0 };
    zy_address peer = { { 0 } };
    if (bytes.n <= sizeof out && zy_query_decode(bytes, out, &n) == ZY_OK)
        assert(n <= bytes.n && (n == 0 || memchr(out, 0, n) == NULL));
    zy_address_forwarded(&peer, bytes, &everything, 1);
    zy_list_has(bytes, "gzip");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    zy_str bytes = zy_str_bytes(data, size);
    check_head(bytes);
    check_pieces(bytes);
    return 0;
}
