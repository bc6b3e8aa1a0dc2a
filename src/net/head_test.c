#include "zy_test.h"

#include <stdio.h>

#include "net/address.h"
#include "net/head.h"

typedef struct head_case {
    const char *what, *bytes;
    zy_http_verdict want;
} head_case;

#define H "Host: bank.example\r\n"
#define GET "GET / HTTP/1.1\r\n"
#define POST "POST /x HTTP/1.1\r\n" H

static const head_case CASES[] = {
    { "plain", GET H "\r\n", 0 },
    { "with port", GET "Host: 127.0.0.1:8443\r\n\r\n", 0 },
    { "IPv6 host", GET "Host: [::1]:8443\r\n\r\n", 0 },
    { "a list header may repeat", GET H "Accept: a\r\nAccept: b\r\n\r\n", 0 },
    { "post", POST "Content-Length: 0\r\n\r\n", 0 },
    { "no host", GET "\r\n", 400 },
    { "empty host", GET "Host: \r\n\r\n", 400 },
    { "two hosts", GET H "Host: other\r\n\r\n", 400 },
    { "host with path", GET "Host: a/b\r\n\r\n", 400 },
    { "host with user", GET "Host: u@b\r\n\r\n", 400 },
    { "host with bad port", GET "Host: b:99x\r\n\r\n", 400 },
    { "two lengths", POST "Content-Length: 4\r\nContent-Length: 5\r\n\r\n", 400 },
    { "the same length twice", POST "Content-Length: 4\r\ncontent-length: 4\r\n\r\n", 400 },
    { "a list of lengths", POST "Content-Length: 4, 4\r\n\r\n", 400 },
    { "signed length", POST "Content-Length: +400\r\n\r\n", 400 },
    { "negative length", POST "Content-Length: -1\r\n\r\n", 400 },
    { "hexadecimal length", POST "Content-Length: 0x190\r\n\r\n", 400 },
    { "empty length", POST "Content-Length:\r\n\r\n", 400 },
    { "length beyond 64 bits", POST "Content-Length: 99999999999999999999\r\n\r\n", 400 },
    { "coding and length", POST "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n", 400 },
    { "chunked", POST "Transfer-Encoding: chunked\r\n\r\n", 411 },
    { "another coding", POST "Transfer-Encoding: gzip, chunked\r\n\r\n", 501 },
    { "an obscured coding", POST "Transfer-Encoding: xchunked\r\n\r\n", 501 },
    { "two codings", POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n", 400 },
    { "body on GET", GET H "Content-Length: 3\r\n\r\n", 400 },
    { "space before the colon", GET "Host : a\r\n\r\n", 400 },
    { "folded line", GET H "X: a\r\n b\r\n\r\n", 400 },
    { "space before the first header", GET " " H "\r\n", 400 },
    { "bare LF", "GET / HTTP/1.1\nHost: a\n\n", 400 },
    { "bare LF in a header", GET H "X: a\nY: b\r\n\r\n", 400 },
    { "bare CR in a header", GET H "X: a\rb\r\n\r\n", 400 },
    { "control byte in a value", GET H "X: a\x01\r\n\r\n", 400 },
    { "control byte at the beginning of a value", GET H "X:\ba\r\n\r\n", 400 },
    { "DEL in a value", GET H "X: a\x7f\r\n\r\n", 400 },
    { "vertical tab at the end", GET H "X: a\v\r\n\r\n", 400 },
    { "no colon", GET H "X\r\n\r\n", 400 },
    { "empty name", GET H ": x\r\n\r\n", 400 },
    { "bad name", GET H "X(y): x\r\n\r\n", 400 },
    { "repeated session header", POST "ZSC-Session: a\r\nZSC-Session: b\r\n\r\n", 400 },
    { "repeated content type", POST "Content-Type: a/b\r\nContent-Type: a/c\r\n\r\n", 400 },
    { "absolute target", "GET http://bank.example/ HTTP/1.1\r\n" H "\r\n", 400 },
    { "asterisk", "GET * HTTP/1.1\r\n" H "\r\n", 400 },
    { "fragment", "GET /a#b HTTP/1.1\r\n" H "\r\n", 400 },
    { "raw non-ASCII", "GET /\xe6 HTTP/1.1\r\n" H "\r\n", 400 },
    { "quote", "GET /\" HTTP/1.1\r\n" H "\r\n", 400 },
    { "bad escape", "GET /%zz HTTP/1.1\r\n" H "\r\n", 400 },
    { "cut escape", "GET /%4 HTTP/1.1\r\n" H "\r\n", 400 },
    { "NUL in the query", "GET /?a=%00 HTTP/1.1\r\n" H "\r\n", 400 },
    { "two spaces", "GET  / HTTP/1.1\r\n" H "\r\n", 400 },
    { "space at the end", "GET / HTTP/1.1 \r\n" H "\r\n", 400 },
    { "tab", "GET\t/ HTTP/1.1\r\n" H "\r\n", 400 },
    { "line before", "\r\n" GET H "\r\n", 400 },
    { "no version", "GET /\r\n" H "\r\n", 400 },
    { "HTTP/1.0", "GET / HTTP/1.0\r\n" H "\r\n", 505 },
    { "HTTP/2.0", "GET / HTTP/2.0\r\n" H "\r\n", 505 },
    { "HTTP/01.1", "GET / HTTP/01.1\r\n" H "\r\n", 400 },
    { "another protocol", "GET / HTTM-0/1.1\r\n" H "\r\n", 400 },
    { "another protocol of the same length", "GET / HTTX/1.1\r\n" H "\r\n", 400 },
    { "HTTP/0.9", "GET / HTTP/0.9\r\n" H "\r\n", 505 },
    { "two spaces before the version", "GET /  HTTP/1.1\r\n" H "\r\n", 400 },
    { "length with leading zeros", POST "Content-Length: 007\r\n\r\n", 400 },
    { "length with a space inside", POST "Content-Length: 1 2\r\n\r\n", 400 },
    { "an upgrade is not taken up", GET H "Connection: upgrade\r\nUpgrade: x\r\n\r\n", 0 },
    { "folded with a tab", GET H "X: a\r\n\tb\r\n\r\n", 400 },
    { "another byte than LF at the end", POST "Content-Length: 0\r\n\r\x8a", 400 },
    { "another byte than LF in between", GET H "X: a\r\x8a" "Y: b\r\n\r\n", 400 },
    { "CR CR LF", GET H "X: a\r\r\n\r\n", 400 },
    { "lower-case version", "GET / http/1.1\r\n" H "\r\n", 400 },
    { "unknown method", "DELETE / HTTP/1.1\r\n" H "\r\n", 501 },
    { "TRACE", "TRACE / HTTP/1.1\r\n" H "\r\n", 501 },
    { "CONNECT", "CONNECT a:1 HTTP/1.1\r\n" H "\r\n", 501 },
    { "lower-case method", "get / HTTP/1.1\r\n" H "\r\n", 501 },
    { "another expectation", POST "Expect: magic\r\n\r\n", 417 },
    { "bytes behind the end", GET H "\r\nx", 400 },
    { "no end", GET H, 400 },
    { "nothing", "", 400 },
};

static void heads_are_judged_as_the_rfc_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZY_COUNT(CASES); i++) {
        zy_head head;
        zy_http_verdict got = zy_head_parse(zy_str_of(CASES[i].bytes), &head);
        if (got != CASES[i].want)
            fail_msg("%s: %d, not %d", CASES[i].what, got, CASES[i].want);
    }
}

static void a_nul_byte_in_a_head_is_refused(void **state)
{
    (void)state;
    zy_head head;
    assert_int_equal(zy_head_parse(ZY_STR(GET H "X: a\0b\r\n\r\n"), &head), 400);
    assert_int_equal(zy_head_parse(ZY_STR("GET /\0 HTTP/1.1\r\n" H "\r\n"), &head), 400);
}

static void too_many_headers_and_long_targets_are_refused(void **state)
{
    (void)state;
    zy_head head;
    ZY_AUTO_BUF many = { 0 };
    zy_buf_c(&many, GET H);
    for (int i = 0; i < ZY_HEADERS_MAX; i++)
        zy_buf_fmt(&many, "X-%d: y\r\n", i);
    zy_buf_c(&many, "\r\n");
    assert_int_equal(zy_head_parse(zy_buf_view(&many), &head), 431);
    ZY_AUTO_BUF target = { 0 };
    zy_buf_c(&target, "GET /");
    for (int i = 0; i < ZY_TARGET_MAX; i++)
        zy_buf_char(&target, 'a');
    zy_buf_c(&target, " HTTP/1.1\r\n" H "\r\n");
    assert_int_equal(zy_head_parse(zy_buf_view(&target), &head), 414);
}

static void the_parts_of_a_head_are_found(void **state)
{
    (void)state;
    zy_head head;
    zy_str value;
    zy_str bytes = ZY_STR("POST /a/b?c=d HTTP/1.1\r\nHost: h\r\nContent-Length: 12\r\n"
                          "Connection: foo, Close\r\nExpect: 100-Continue\r\nX-Y: \t v w \t\r\n\r\n");
    assert_int_equal(zy_head_parse(bytes, &head), 0);
    assert_int_equal(head.method, ZY_HTTP_POST);
    ASSERT_STR(head.path, "/a/b");
    ASSERT_STR(head.query, "c=d");
    assert_int_equal(head.content_length, 12);
    assert_true(head.close);
    assert_true(head.expects_continue);
    assert_true(zy_head_find(&head, "x-y", &value));
    ASSERT_STR(value, "v w");
    assert_false(zy_head_find(&head, "x-z", &value));
}

static void paths_that_wander_are_refused(void **state)
{
    ZY_PROVES("mb.server-validation.l");
    (void)state;
    static const char *const bad[] = {
        "", "a", "/..", "/../a", "/a/../b", "/a/..", "/./a", "/a/.", "//a", "/a//b", "/%2e%2e/a", "/%2E./a",
        "/a%2fb", "/a%2Fb", "/a%5cb", "/a\\b", "/%00", "/a%00.html", "/%0d%0a", "/%7f", "/%c0%ae%c0%ae/a",
        "/%ff", "/%252e%252e/a", "/%", "/%1", "/%gg",
    };
    char out[64];
    size_t n;
    for (size_t i = 0; i < ZY_COUNT(bad); i++) {
        if (zy_path_decode(zy_str_of(bad[i]), out, &n) != ZY_BAD_REQUEST)
            fail_msg("%s was taken", bad[i]);
    }
    ASSERT_OK(zy_path_decode(ZY_STR("/a%20b/%E6%8E%8C/...c/"), out, &n));
    ASSERT_STR(zy_str_bytes(out, n), "/a b/掌/...c/");
}

static void list_tokens_are_found(void **state)
{
    (void)state;
    assert_true(zy_list_has(ZY_STR("br, GZIP"), "gzip"));
    assert_true(zy_list_has(ZY_STR("gzip;q=0.5"), "gzip"));
    assert_false(zy_list_has(ZY_STR("gzip;q=0, br"), "gzip"));
    assert_false(zy_list_has(ZY_STR("gzip; q=0.000"), "gzip"));
    assert_false(zy_list_has(ZY_STR("xgzip"), "gzip"));
    assert_false(zy_list_has(ZY_STR(""), "gzip"));
}

static void internal_addresses_are_told_from_public_ones(void **state)
{
    (void)state;
    static const char *const internal[] = { "127.0.0.1", "127.255.0.9", "10.1.2.3", "172.16.0.1",
                                            "172.31.255.255", "192.168.1.1", "169.254.1.1", "::1",
                                            "fd00::1", "fe80::1", "::ffff:10.0.0.1" };
    static const char *const other[] = { "0.0.0.0", "::", "8.8.8.8", "172.32.0.1", "172.15.0.1",
                                         "192.169.0.1", "11.0.0.1", "2001:db8::1", "::ffff:8.8.8.8",
                                         "localhost", "", "10.0.0.1:80", "10.0.0" };
    for (size_t i = 0; i < ZY_COUNT(internal); i++)
        assert_true(zy_net_is_internal(zy_str_of(internal[i])));
    for (size_t i = 0; i < ZY_COUNT(other); i++)
        assert_false(zy_net_is_internal(zy_str_of(other[i])));
}

static void assert_client(const char *peer_text, const char *forwarded, const char *want)
{
    zy_network trusted[2];
    zy_address peer, client;
    char text[ZY_ADDRESS_TEXT_MAX];
    ASSERT_OK(zy_network_parse(ZY_STR("127.0.0.1"), &trusted[0]));
    ASSERT_OK(zy_network_parse(ZY_STR("10.0.0.0/8"), &trusted[1]));
    ASSERT_OK(zy_address_parse(zy_str_of(peer_text), &peer));
    client = zy_address_forwarded(&peer, zy_str_of(forwarded), trusted, ZY_COUNT(trusted));
    zy_address_format(&client, text);
    assert_string_equal(text, want);
}

static void the_last_untrusted_address_is_the_client(void **state)
{
    (void)state;
    assert_client("203.0.113.5", "1.1.1.1", "203.0.113.5"); /* not our proxy: not believed */
    assert_client("127.0.0.1", "1.1.1.1", "1.1.1.1");
    assert_client("127.0.0.1", "6.6.6.6, 1.1.1.1", "1.1.1.1"); /* what the client claims stands before */
    assert_client("127.0.0.1", "6.6.6.6, 1.1.1.1 , 10.2.3.4", "1.1.1.1");
    assert_client("127.0.0.1", "2001:db8::7", "2001:db8::7");
    assert_client("127.0.0.1", "", "127.0.0.1");
    assert_client("127.0.0.1", "1.1.1.1, rubbish", "127.0.0.1");
    assert_client("127.0.0.1", "10.0.0.1", "10.0.0.1");
}

static void networks_are_parsed_strictly(void **state)
{
    (void)state;
    zy_network n;
    static const char *const bad[] = { "", "/8", "10.0.0.0/33", "10.0.0.0/8/8", "10.0.0.0/-1", "::/129",
                                       "10.0.0.0/08", "x" };
    for (size_t i = 0; i < ZY_COUNT(bad); i++)
        ASSERT_STATUS(zy_network_parse(zy_str_of(bad[i]), &n), ZY_BAD_FIELD);
    ASSERT_OK(zy_network_parse(ZY_STR("2001:db8::/32"), &n));
    assert_int_equal(n.bits, 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_are_judged_as_the_rfc_says),
        cmocka_unit_test(a_nul_byte_in_a_head_is_refused),
        cmocka_unit_test(too_many_headers_and_long_targets_are_refused),
        cmocka_unit_test(the_parts_of_a_head_are_found),
        cmocka_unit_test(paths_that_wander_are_refused),
        cmocka_unit_test(list_tokens_are_found),
        cmocka_unit_test(internal_addresses_are_told_from_public_ones),
        cmocka_unit_test(the_last_untrusted_address_is_the_client),
        cmocka_unit_test(networks_are_parsed_strictly),
    };
    return zy_test_main("net_head", tests, ZY_COUNT(tests));
}
