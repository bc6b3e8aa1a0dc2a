/* The registry of factors: filled at start, read afterwards. Each factor has a switch, factor.<name>.on. */
#include "service/factor/factor.h"

#include <stdio.h>
#include <string.h>

#include "service/factor/factor_internal.h"
#include "service/param/param.h"

#define FACTORS_MAX 24
#define SWITCH_MAX  48

static struct {
    const zy_factor *factor;
    char switch_name[SWITCH_MAX], title_zh[64], title_en[64];
    zy_param_row row;
} factors[FACTORS_MAX];
static size_t factor_count;

static bool single_bit(unsigned bit)
{
    return bit != 0 && (bit & (bit - 1)) == 0;
}

zy_status zy_factor_register(const zy_factor *f)
{
    if (zy_factor_by_name(zy_str_of(f->name)) == f)
        return ZY_OK;
    if (!single_bit(f->bit) || f->check == NULL || factor_count == FACTORS_MAX || zy_factor_by_bit(f->bit) != NULL ||
        zy_factor_by_name(zy_str_of(f->name)) != NULL ||
        (f->cap_param != NULL && zy_param_find(zy_str_of(f->cap_param)) == NULL))
        return ZY_CONFIG_BAD;
    size_t at = factor_count++;
    snprintf(factors[at].switch_name, SWITCH_MAX, "factor.%s.on", f->name);
    snprintf(factors[at].title_zh, sizeof factors[at].title_zh, "启用：%s", f->title_zh);
    snprintf(factors[at].title_en, sizeof factors[at].title_en, "On: %s", f->title_en);
    factors[at].row = (zy_param_row){ .name = factors[at].switch_name, .fallback = 1, .min = 0, .max = 1, .unit = "switch",
                                      .title_zh = factors[at].title_zh, .title_en = factors[at].title_en };
    factors[at].factor = f;
    zy_param_register(&factors[at].row, 1);
    return ZY_OK;
}

const zy_factor *zy_factor_by_bit(unsigned bit)
{
    for (size_t i = 0; i < factor_count; i++)
        if (factors[i].factor->bit == bit)
            return factors[i].factor;
    return NULL;
}

const zy_factor *zy_factor_by_name(zy_str name)
{
    for (size_t i = 0; i < factor_count; i++)
        if (zy_str_eq_c(name, factors[i].factor->name))
            return factors[i].factor;
    return NULL;
}

bool zy_factor_is_on(zy_env *env, const zy_factor *factor)
{
    for (size_t i = 0; i < factor_count; i++)
        if (factors[i].factor == factor)
            return zy_param_get(env, factors[i].switch_name) == 1;
    return false;
}

unsigned zy_factor_next(unsigned mask)
{
    unsigned last = 0;
    for (unsigned bit = 1; bit != 0 && bit <= mask; bit <<= 1) {
        const zy_factor *f = (mask & bit) != 0 ? zy_factor_by_bit(bit) : NULL;
        if ((mask & bit) != 0 && (f == NULL || !f->sent_last))
            return bit;
        if ((mask & bit) != 0 && last == 0)
            last = bit;
    }
    return last;
}

void zy_factor_mask_text(unsigned mask, zy_buf *out)
{
    for (bool first = true; mask != 0; first = false) {
        unsigned bit = zy_factor_next(mask);
        const zy_factor *f = zy_factor_by_bit(bit);
        zy_buf_fmt(out, "%s%s", first ? "" : "+", f != NULL ? f->name : "?");
        mask &= ~bit;
    }
}

unsigned zy_factor_mask_parse(zy_str text)
{
    unsigned mask = 0;
    while (text.n > 0) {
        const char *plus = memchr(text.p, '+', text.n);
        size_t n = plus != NULL ? (size_t)(plus - text.p) : text.n;
        const zy_factor *f = zy_factor_by_name((zy_str){ text.p, n });
        if (f == NULL || (mask & f->bit) != 0 || (plus != NULL && n + 1 == text.n))
            return 0;
        mask |= f->bit;
        n += plus != NULL ? 1 : 0;
        text = (zy_str){ text.p + n, text.n - n };
    }
    return mask;
}

unsigned zy_factor_kinds(unsigned mask)
{
    unsigned kinds = 0;
    for (size_t i = 0; i < factor_count; i++)
        if ((mask & factors[i].factor->bit) != 0)
            kinds |= factors[i].factor->kind;
    return kinds;
}
