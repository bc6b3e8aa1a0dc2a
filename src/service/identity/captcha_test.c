#include <stdio.h>
#include <stdlib.h>

#include "service/identity/captcha.h"
#include "zy_test.h"

#define NOW ((zy_time){ INT64_C(1795392000000) })

static const uint8_t TH[ZY_SM3_BYTES] = { 1, 2, 3 };
static const uint8_t OTHER_TH[ZY_SM3_BYTES] = { 1, 2, 3, 4 };

static int open_font(void **state)
{
    (void)state;
    static const zy_config_row ROWS[] = {
        { "captcha.font", ZY_C_PATH, "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf", 1, 4000, NULL, "font" },
    };
    static const zy_config_row *const TABLES[] = { ROWS };
    const size_t counts[] = { 1 };
    zy_config *config = NULL;
    ASSERT_OK(zy_crypto_start(NULL));
    ASSERT_OK(zy_config_load(NULL, false, TABLES, counts, 1, &config, NULL));
    zy_err err = { 0 };
    ASSERT_OK(zy_captcha_start(config, &err));
    zy_config_free(config);
    return 0;
}

static int close_font(void **state)
{
    (void)state;
    zy_captcha_stop();
    return 0;
}


static zy_status submit(const char *id, zy_str text, int64_t after_ms)
{
    return zy_captcha_check(TH, zy_str_of(id), text, (zy_time){ NOW.ms + after_ms });
}

static void right_text_is_accepted_once_in_either_case(void **state)
{
    ZY_PROVES("mb.auth-mechanism.b9.1", "j225.6.2.1.3.img.c1", "mb.login-factors.e-i");
    (void)state;
    char id[ZY_CAPTCHA_ID_MAX];
    ASSERT_OK(zy_captcha_keep(TH, NOW, "A3K9X", id));
    ASSERT_OK(submit(id, ZY_STR("a3k9x"), 0));
    ASSERT_STATUS(submit(id, ZY_STR("A3K9X"), 0), ZY_CAPTCHA_REQUIRED);
}

static void wrong_text_spends_the_captcha_too(void **state)
{
    ZY_PROVES("mb.auth-mechanism.b9.1", "j225.6.2.1.3.img.c1");
    (void)state;
    static const char *const WRONG[] = { "", "A3K9Y", "A3K9", "A3K9XX", "A3K9X ", "A3K9XAAAAAAAAAAAAAAAAAAAAAAAA" };
    for (size_t i = 0; i < ZY_COUNT(WRONG); i++) {
        char id[ZY_CAPTCHA_ID_MAX];
        ASSERT_OK(zy_captcha_keep(TH, NOW, "A3K9X", id));
        ASSERT_STATUS(submit(id, zy_str_of(WRONG[i]), 0), ZY_CAPTCHA_REQUIRED);
        ASSERT_STATUS(submit(id, ZY_STR("A3K9X"), 0), ZY_CAPTCHA_REQUIRED);
    }
}

static void captcha_ends_at_exactly_120_seconds(void **state)
{
    ZY_PROVES("j225.6.2.1.3.img.c2", "mb.login-factors.e-i");
    (void)state;
    char early[ZY_CAPTCHA_ID_MAX], late[ZY_CAPTCHA_ID_MAX];
    ASSERT_OK(zy_captcha_keep(TH, NOW, "A3K9X", early));
    ASSERT_OK(zy_captcha_keep(TH, NOW, "A3K9X", late));
    ASSERT_OK(submit(early, ZY_STR("A3K9X"), 119999));
    ASSERT_STATUS(submit(late, ZY_STR("A3K9X"), 120000), ZY_CAPTCHA_REQUIRED);
}

static void made_up_ids_and_ids_of_other_channels_are_refused(void **state)
{
    ZY_PROVES("mb.auth-mechanism.b9.2", "j225.6.2.1.3.img.a1");
    (void)state;
    char id[ZY_CAPTCHA_ID_MAX];
    ASSERT_OK(zy_captcha_keep(TH, NOW, "A3K9X", id));
    ASSERT_STATUS(zy_captcha_check(OTHER_TH, zy_str_of(id), ZY_STR("A3K9X"), NOW), ZY_CAPTCHA_REQUIRED);
    ASSERT_STATUS(submit("AAAAAAAAAAAAAAAAAAAAAA", ZY_STR("A3K9X"), 0), ZY_CAPTCHA_REQUIRED);
    ASSERT_STATUS(submit("", ZY_STR(""), 0), ZY_CAPTCHA_REQUIRED);
    ASSERT_OK(submit(id, ZY_STR("A3K9X"), 0));
}

/* --- the picture --- */

static uint32_t number_at(const char *p)
{
    const uint8_t *b = (const uint8_t *)p;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static void picture_is_a_small_png_without_words(void **state)
{
    ZY_PROVES("mb.auth-mechanism.b9.2", "j225.6.2.1.3.img.a2", "mb.login-factors.e-ii", "mb.auth-mechanism.b9.3");
    (void)state;
    char id[ZY_CAPTCHA_ID_MAX];
    for (int i = 0; i < 100; i++) {
        ZY_AUTO_BUF png = { 0 };
        ASSERT_OK(zy_captcha_make(TH, NOW, id, &png));
        assert_true(png.n > 500 && png.n <= ZY_CAPTCHA_PNG_MAX);
        assert_memory_equal(png.p, "\x89PNG\r\n\x1a\n", 8);
        for (size_t at = 8; at < png.n; at += 12 + number_at(png.p + at)) {
            zy_str type = zy_str_bytes(png.p + at + 4, 4);
            assert_true(zy_str_eq_c(type, "IHDR") || zy_str_eq_c(type, "PLTE") || zy_str_eq_c(type, "IDAT") ||
                        zy_str_eq_c(type, "IEND"));
        }
    }
}

/* The same text never looks the same: letters lean, lines and wave differ. */
static void pictures_of_one_text_all_differ(void **state)
{
    ZY_PROVES("j225.6.2.1.3.img.b1");
    (void)state;
    enum { PICTURES = 200 };
    static zy_buf pictures[PICTURES];
    for (int i = 0; i < PICTURES; i++) {
        pictures[i] = (zy_buf){ 0 };
        ASSERT_OK(zy_captcha_draw("A3K9X", &pictures[i]));
        for (int k = 0; k < i; k++)
            assert_false(zy_str_eq(zy_buf_view(&pictures[i]), zy_buf_view(&pictures[k])));
    }
    for (int i = 0; i < PICTURES; i++)
        zy_buf_free(&pictures[i]);
}

static void texts_are_evenly_spread_over_the_alphabet(void **state)
{
    ZY_PROVES("j225.6.2.1.3.img.b2");
    (void)state;
    enum { TEXTS = 10000, LETTERS = sizeof ZY_CAPTCHA_ALPHABET - 1 };
    int seen[ZY_CAPTCHA_CHARS][LETTERS] = { { 0 } };
    char text[ZY_CAPTCHA_CHARS + 1];
    for (int i = 0; i < TEXTS; i++) {
        ASSERT_OK(zy_captcha_text(text));
        for (int k = 0; k < ZY_CAPTCHA_CHARS; k++)
            seen[k][strchr(ZY_CAPTCHA_ALPHABET, text[k]) - ZY_CAPTCHA_ALPHABET]++;
    }
    for (int k = 0; k < ZY_CAPTCHA_CHARS; k++) {
        double chi_square = 0, expected = (double)TEXTS / LETTERS;
        for (int i = 0; i < LETTERS; i++)
            chi_square += (seen[k][i] - expected) * (seen[k][i] - expected) / expected;
        assert_true(chi_square < 65); /* 19 degrees of freedom: one in a million passes it by chance */
    }
}

static void file_that_is_no_font_is_refused(void **state)
{
    zy_err err = { 0 };
    ASSERT_STATUS(zy_captcha_font_open("/dev/null", &err), ZY_CONFIG_BAD);
    ASSERT_STR(zy_str_of(err.field), "captcha.font");
    ZY_AUTO_BUF png = { 0 };
    ASSERT_STATUS(zy_captcha_draw("A3K9X", &png), ZY_INTERNAL);
    open_font(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(right_text_is_accepted_once_in_either_case, open_font, close_font),
        cmocka_unit_test_setup_teardown(wrong_text_spends_the_captcha_too, open_font, close_font),
        cmocka_unit_test_setup_teardown(captcha_ends_at_exactly_120_seconds, open_font, close_font),
        cmocka_unit_test_setup_teardown(made_up_ids_and_ids_of_other_channels_are_refused, open_font, close_font),
        cmocka_unit_test_setup_teardown(picture_is_a_small_png_without_words, open_font, close_font),
        cmocka_unit_test_setup_teardown(pictures_of_one_text_all_differ, open_font, close_font),
        cmocka_unit_test_setup_teardown(texts_are_evenly_spread_over_the_alphabet, open_font, close_font),
        cmocka_unit_test_setup_teardown(file_that_is_no_font_is_refused, open_font, close_font),
    };
    return zy_test_main("captcha", tests, ZY_COUNT(tests));
}
