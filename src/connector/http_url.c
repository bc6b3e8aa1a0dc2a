#include "connector/http_url.h"

#include <string.h>

bool connector_url_is_safe(zy_str url)
{
    static const zy_str SAFE[] = { ZY_STR_INIT("https://"), ZY_STR_INIT("http://127.0.0.1:"), ZY_STR_INIT("http://127.0.0.1/"),
                                   ZY_STR_INIT("http://[::1]:"), ZY_STR_INIT("http://[::1]/"),
                                   ZY_STR_INIT("http://localhost:"), ZY_STR_INIT("http://localhost/") };
    for (size_t i = 0; i < ZY_COUNT(SAFE); i++)
        if (zy_str_starts(url, SAFE[i]))
            return memchr(url.p, '@', url.n) == NULL && memchr(url.p, '?', url.n) == NULL && memchr(url.p, '#', url.n) == NULL;
    return false;
}
