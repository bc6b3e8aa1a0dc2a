/* One spelling of a person's name. */
#include "service/identity/standing.h"

static bool is_dot(uint32_t c)
{
    return c == 0xb7 || c == 0x2022 || c == 0x2027 || c == 0x30fb;
}

static void normalise(zy_str name, zy_buf *out)
{
    for (size_t at = 0; at < name.n;) {
        size_t from = at;
        uint32_t c = zy_str_rune(name, &at);
        if (c == ' ' || c == 0x3000)
            continue;
        if (is_dot(c))
            zy_buf_char(out, '.');
        else if (c >= 'A' && c <= 'Z')
            zy_buf_char(out, (char)(c - 'A' + 'a'));
        else
            zy_buf_add(out, name.p + from, at - from);
    }
}

static zy_status name_digest(zy_str name, uint8_t out[ZY_SM3_BYTES])
{
    ZY_AUTO_SECRET_BUF plain = { 0 };
    normalise(name, &plain);
    return zy_sm3(ZY_PARTS(ZY_PART(plain.p, plain.n)), out);
}

bool zy_same_name(zy_str a, zy_str b)
{
    uint8_t left[ZY_SM3_BYTES], right[ZY_SM3_BYTES];
    return name_digest(a, left) == ZY_OK && name_digest(b, right) == ZY_OK && zy_ct_equal(left, right, sizeof left);
}
