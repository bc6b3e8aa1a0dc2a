/* Graphic captchas (auth.captcha): drawn here, 120 s, one submission, on the channel they were made for. Never a factor. */
#pragma once

#include "base/config.h"
#include "service/identity/tokens.h"

#define ZY_CAPTCHA_ID_MAX      ZY_TOKEN_ID_MAX
#define ZY_CAPTCHA_LIFE_MS     120000
#define ZY_CAPTCHA_LIFE        ZY_MS(ZY_CAPTCHA_LIFE_MS)
#define ZY_CAPTCHA_CHARS       5
#define ZY_CAPTCHA_PER_CHANNEL 8
#define ZY_CAPTCHA_TOTAL       200000
#define ZY_CAPTCHA_PNG_MAX     8192

/* Opens the font of the row captcha.font. ZY_CONFIG_BAD when it is none, or lacks a letter. */
ZY_CHECKED zy_status zy_captcha_start(const zy_config *config, zy_err *err);
void zy_captcha_stop(void);
/* A new captcha for the channel with transcript hash th: its id, and its picture (at most ZY_CAPTCHA_PNG_MAX bytes). The
 * text is nowhere in either. ZY_BUSY when there are too many altogether; ZY_BAD_REQUEST without a channel. */
ZY_CHECKED zy_status zy_captcha_make(const uint8_t *th, zy_time now, char ret_id[ZY_CAPTCHA_ID_MAX], zy_buf *ret_png);
/* One submission: capitals or not is the same. ZY_CAPTCHA_REQUIRED when it is wrong, unknown, another channel's, used or too
 * old; in each case the captcha is spent. */
ZY_CHECKED zy_status zy_captcha_check(const uint8_t *th, zy_str id, zy_str text, zy_time now);

/* --- the parts, for captcha.c and tests --- */
/* Characters that are not taken for each other, also when they lean. */
#define ZY_CAPTCHA_ALPHABET "ACEFHJKMNPRTWXY34679"
ZY_CHECKED zy_status zy_captcha_text(char ret_text[ZY_CAPTCHA_CHARS + 1]);
/* Keeps a text without drawing it. */
ZY_CHECKED zy_status zy_captcha_keep(const uint8_t *th, zy_time now, const char *text, char ret_id[ZY_CAPTCHA_ID_MAX]);
ZY_CHECKED zy_status zy_captcha_font_open(const char *path, zy_err *err);
void zy_captcha_font_close(void);
ZY_CHECKED zy_status zy_captcha_draw(const char *text, zy_buf *ret_png);
