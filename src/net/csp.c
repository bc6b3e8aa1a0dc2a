/* Content-Security-Policy with an origin out of the configuration. */
#include <stdio.h>
#include <string.h>

#include "net/net.h"

#define ORIGIN_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-:[]"

/* "https://host:port" of a URL. */
static bool cut_origin(zy_str url, zy_str *ret_origin)
{
    static const zy_str SCHEMES[] = { ZY_STR_INIT("https://"), ZY_STR_INIT("http://") };
    for (size_t i = 0; i < ZY_COUNT(SCHEMES); i++) {
        size_t n = SCHEMES[i].n;
        if (!zy_str_starts(url, SCHEMES[i]))
            continue;
        while (n < url.n && url.p[n] != '\0' && strchr(ORIGIN_CHARS, url.p[n]) != NULL)
            n++;
        *ret_origin = zy_str_sub(url, 0, n);
        return n > SCHEMES[i].n && (n == url.n || url.p[n] == '/');
    }
    return false;
}

zy_status zy_csp_connecting(zy_str url, bool framed, char out[ZY_CSP_MAX], zy_err *err)
{
    zy_str origin = { 0 };
    if (!cut_origin(url, &origin))
        return zy_fail(err, ZY_BAD_FIELD, "url", "not the URL of an origin");
    int n = snprintf(out, ZY_CSP_MAX, ZY_CSP_WITH(" " ZY_STR_FMT, "'%s'"), ZY_STR_ARG(origin), framed ? "self" : "none");
    return n < ZY_CSP_MAX ? ZY_OK : zy_fail(err, ZY_BAD_FIELD, "url", "too long for a header");
}
