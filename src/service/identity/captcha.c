#include "service/identity/captcha.h"

#include <stdlib.h>
#include <string.h>

static zy_tokens captchas = ZY_TOKENS(ZY_CAPTCHA_LIFE_MS, ZY_CAPTCHA_PER_CHANNEL, ZY_CAPTCHA_TOTAL);

zy_status zy_captcha_start(const zy_config *config, zy_err *err)
{
    return zy_captcha_font_open(zy_config_text(config, "captcha.font").p, err);
}

void zy_captcha_stop(void)
{
    zy_captcha_font_close();
    zy_tokens_clear(&captchas);
}

/* Bytes that would make some characters likelier than others are thrown away. */
zy_status zy_captcha_text(char ret_text[ZY_CAPTCHA_CHARS + 1])
{
    static const char ALPHABET[] = ZY_CAPTCHA_ALPHABET;
    const size_t letters = sizeof ALPHABET - 1, fair = 256 / letters * letters;
    uint8_t random[64];
    size_t n = 0;
    while (n < ZY_CAPTCHA_CHARS) {
        ZY_TRY(zy_random(random, sizeof random));
        for (size_t i = 0; i < sizeof random && n < ZY_CAPTCHA_CHARS; i++)
            if (random[i] < fair)
                ret_text[n++] = ALPHABET[random[i] % letters];
    }
    ret_text[n] = '\0';
    zy_wipe(random, sizeof random);
    return ZY_OK;
}

/* What is compared: capitals, filled up with zeros, so that every comparison has one length. What does not fit is left
 * empty and equals nothing. */
static void as_value(zy_str text, uint8_t value[ZY_TOKEN_VALUE])
{
    memset(value, 0, ZY_TOKEN_VALUE);
    if (text.n > ZY_TOKEN_VALUE)
        return;
    for (size_t i = 0; i < text.n; i++)
        value[i] = (uint8_t)(text.p[i] >= 'a' && text.p[i] <= 'z' ? text.p[i] - 'a' + 'A' : text.p[i]);
}

zy_status zy_captcha_keep(const uint8_t *th, zy_time now, const char *text, char ret_id[ZY_CAPTCHA_ID_MAX])
{
    uint8_t value[ZY_TOKEN_VALUE];
    as_value(zy_str_of(text), value);
    return zy_tokens_add(&captchas, th, now, value, ret_id);
}

/* Browser stories cannot read pictures: a test build takes a text of the environment. No other build has this. */
static zy_status text_of_picture(char ret_text[ZY_CAPTCHA_CHARS + 1])
{
#ifdef ZY_FAULTS
    const char *given = getenv("ZY_TEST_CAPTCHA");
    if (given != NULL && strlen(given) == ZY_CAPTCHA_CHARS)
        return zy_str_copy(zy_str_of(given), ret_text, ZY_CAPTCHA_CHARS + 1);
#endif
    return zy_captcha_text(ret_text);
}

zy_status zy_captcha_make(const uint8_t *th, zy_time now, char ret_id[ZY_CAPTCHA_ID_MAX], zy_buf *ret_png)
{
    char text[ZY_CAPTCHA_CHARS + 1];
    ZY_TRY(text_of_picture(text));
    ZY_TRY(zy_captcha_draw(text, ret_png));
    return zy_captcha_keep(th, now, text, ret_id);
}

zy_status zy_captcha_check(const uint8_t *th, zy_str id, zy_str text, zy_time now)
{
    uint8_t want[ZY_TOKEN_VALUE], typed[ZY_TOKEN_VALUE];
    as_value(text, typed);
    zy_status status = zy_tokens_take(&captchas, th, id, now, want);
    return status == ZY_OK && zy_ct_equal(typed, want, sizeof want) ? ZY_OK : ZY_CAPTCHA_REQUIRED;
}
