/* The picture of a captcha: leaning letters, lines through them, a wave over all; 16 greys as PNG. */
#include <ft2build.h>
#include FT_FREETYPE_H
#include <math.h>
#include <png.h>
#include <pthread.h>
#include <setjmp.h>
#include <string.h>

#include "service/identity/captcha.h"

enum { WIDTH = 200, HEIGHT = 70, MARGIN = 14, LETTER_PX = 40, LINES = 3, DOTS = 70, SHADES = 16 };

/* Ink from 0 (paper) to 255. */
typedef struct canvas {
    uint8_t ink[HEIGHT][WIDTH];
} canvas;

/* Random figures for one picture, taken from the generator in one go. */
typedef struct dice {
    uint8_t bytes[1024];
    size_t at;
} dice;

static zy_status dice_take(dice *d)
{
    d->at = 0;
    return zy_random(d->bytes, sizeof d->bytes);
}

static double between(dice *d, double low, double high)
{
    unsigned v = (unsigned)d->bytes[d->at % sizeof d->bytes] << 8 | d->bytes[(d->at + 1) % sizeof d->bytes];
    d->at += 2;
    return low + (high - low) * v / 65535.0;
}

static void put(canvas *c, int x, int y, unsigned ink)
{
    if (x >= 0 && x < WIDTH && y >= 0 && y < HEIGHT && ink > c->ink[y][x])
        c->ink[y][x] = (uint8_t)(ink > 255 ? 255 : ink);
}

/* --- letters: FreeType's library and face serve one thread at a time --- */

static struct {
    pthread_mutex_t lock;
    FT_Library library;
    FT_Face face;
} font = { .lock = PTHREAD_MUTEX_INITIALIZER };

static zy_status check_letters(zy_err *err)
{
    for (const char *c = ZY_CAPTCHA_ALPHABET; *c != '\0'; c++)
        if (FT_Get_Char_Index(font.face, (FT_ULong)*c) == 0)
            return zy_fail(err, ZY_CONFIG_BAD, "captcha.font", "the font lacks the letter %c", *c);
    return ZY_OK;
}

static zy_status open_font(const char *path, zy_err *err)
{
    if (FT_Init_FreeType(&font.library) != 0)
        return zy_fail(err, ZY_NO_MEMORY, NULL, "FreeType does not start");
    if (FT_New_Face(font.library, path, 0, &font.face) != 0 || !FT_IS_SCALABLE(font.face))
        return zy_fail(err, ZY_CONFIG_BAD, "captcha.font", "%.150s is no scalable font (Debian: fonts-dejavu-core)", path);
    return check_letters(err);
}

static void close_font(void)
{
    if (font.face != NULL)
        FT_Done_Face(font.face);
    if (font.library != NULL)
        FT_Done_FreeType(font.library);
    font.face = NULL;
    font.library = NULL;
}

zy_status zy_captcha_font_open(const char *path, zy_err *err)
{
    pthread_mutex_lock(&font.lock);
    close_font();
    zy_status status = open_font(path, err);
    if (status != ZY_OK)
        close_font();
    pthread_mutex_unlock(&font.lock);
    return status;
}

void zy_captcha_font_close(void)
{
    pthread_mutex_lock(&font.lock);
    close_font();
    pthread_mutex_unlock(&font.lock);
}

static FT_Fixed fixed(double v)
{
    return (FT_Fixed)lround(v * 65536.0);
}

/* Turned, sheared and sized by chance; *x is the pen and moves on. */
static bool draw_letter(canvas *c, dice *d, char letter, double *x)
{
    double angle = between(d, -0.35, 0.35), size = between(d, 0.88, 1.12), shear = between(d, -0.2, 0.2);
    FT_Matrix turn = { fixed(size * cos(angle)), fixed(size * (shear * cos(angle) - sin(angle))), fixed(size * sin(angle)),
                       fixed(size * (shear * sin(angle) + cos(angle))) };
    FT_Set_Transform(font.face, &turn, NULL);
    if (FT_Load_Char(font.face, (FT_ULong)letter, FT_LOAD_RENDER | FT_LOAD_NO_HINTING) != 0)
        return false;
    const FT_Bitmap *b = &font.face->glyph->bitmap;
    int left = (int)*x, top = (int)(HEIGHT / 2.0 + between(d, -6, 6)) - (int)b->rows / 2;
    for (unsigned row = 0; row < b->rows; row++)
        for (unsigned col = 0; col < b->width; col++)
            put(c, left + (int)col, top + (int)row, b->buffer[(int)row * b->pitch + (int)col]);
    *x += b->width + between(d, -2, 4);
    return true;
}

static zy_status draw_letters(canvas *c, dice *d, const char *text)
{
    double x = MARGIN + between(d, -6, 10);
    pthread_mutex_lock(&font.lock);
    bool good = font.face != NULL && FT_Set_Pixel_Sizes(font.face, 0, LETTER_PX) == 0;
    for (; good && *text != '\0'; text++)
        good = draw_letter(c, d, *text, &x);
    pthread_mutex_unlock(&font.lock);
    return good ? ZY_OK : ZY_INTERNAL;
}

/* --- disturbance --- */

/* A bent line from edge to edge through the letters, as dark as they are. */
static void draw_line(canvas *c, dice *d)
{
    double y0 = between(d, HEIGHT * 0.25, HEIGHT * 0.75), slope = between(d, -0.12, 0.12), bend = between(d, 3, 9);
    double pace = between(d, 0.02, 0.06), phase = between(d, 0, 2 * M_PI), half = between(d, 0.7, 1.2);
    for (int x = 0; x < WIDTH; x++) {
        double y = y0 + slope * (x - WIDTH / 2) + bend * sin(pace * x + phase);
        for (int near = (int)(y - 3); near <= (int)(y + 3); near++) {
            double cover = half + 0.5 - fabs(near - y);
            if (cover > 0)
                put(c, x, near, (unsigned)(230 * (cover < 1 ? cover : 1)));
        }
    }
}

static void draw_dot(canvas *c, dice *d)
{
    int x = (int)between(d, 0, WIDTH), y = (int)between(d, 0, HEIGHT);
    unsigned ink = (unsigned)between(d, 90, 255);
    put(c, x, y, ink);
    put(c, x + 1, y, ink);
    put(c, x, y + 1, ink);
    put(c, x + 1, y + 1, ink);
}

static double ink_at(const canvas *c, double x, double y)
{
    int left = (int)floor(x), top = (int)floor(y);
    double right_part = x - left, lower_part = y - top, sum = 0;
    for (int i = 0; i < 4; i++) {
        int px = left + (i & 1), py = top + (i >> 1);
        double weight = ((i & 1) != 0 ? right_part : 1 - right_part) * ((i >> 1) != 0 ? lower_part : 1 - lower_part);
        if (px >= 0 && px < WIDTH && py >= 0 && py < HEIGHT)
            sum += weight * c->ink[py][px];
    }
    return sum;
}

static void wave(const canvas *from, dice *d, canvas *to)
{
    double across = between(d, 1.5, 3), along = between(d, 2.5, 4.5);
    double across_pace = 2 * M_PI / between(d, 40, 70), along_pace = 2 * M_PI / between(d, 70, 130);
    double across_phase = between(d, 0, 2 * M_PI), along_phase = between(d, 0, 2 * M_PI);
    double rows[HEIGHT], columns[WIDTH];
    for (int y = 0; y < HEIGHT; y++)
        rows[y] = across * sin(across_pace * y + across_phase);
    for (int x = 0; x < WIDTH; x++)
        columns[x] = along * sin(along_pace * x + along_phase);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            to->ink[y][x] = (uint8_t)lround(ink_at(from, x + rows[y], y + columns[x]));
}

/* --- PNG --- */

static void png_out(png_structp png, png_bytep bytes, png_size_t n)
{
    zy_buf_add(png_get_io_ptr(png), bytes, n);
}

static void png_flushed(png_structp png)
{
    (void)png;
}

static void png_quiet(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

/* From paper to ink in SHADES steps. */
static void fill_palette(png_color palette[SHADES])
{
    static const uint8_t PAPER[3] = { 0xf4, 0xf6, 0xfa }, INK[3] = { 0x1d, 0x3a, 0x6b };
    for (int i = 0; i < SHADES; i++) {
        uint8_t rgb[3];
        for (int k = 0; k < 3; k++)
            rgb[k] = (uint8_t)(PAPER[k] + (INK[k] - PAPER[k]) * i / (SHADES - 1));
        palette[i] = (png_color){ rgb[0], rgb[1], rgb[2] };
    }
}

/* Holds no text, time or other words: a captcha's picture is nothing but its picture. */
static bool write_rows(png_structp png, png_infop info, const canvas *c)
{
    png_color palette[SHADES];
    fill_palette(palette);
    if (setjmp(png_jmpbuf(png)) != 0) /* libpng comes back here when something is wrong */
        return false;
    png_set_IHDR(png, info, WIDTH, HEIGHT, 4, PNG_COLOR_TYPE_PALETTE, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_set_PLTE(png, info, palette, SHADES);
    png_write_info(png, info);
    for (int y = 0; y < HEIGHT; y++) {
        uint8_t row[WIDTH / 2];
        for (int x = 0; x < WIDTH; x += 2)
            row[x / 2] = (uint8_t)((c->ink[y][x] & 0xf0) | c->ink[y][x + 1] >> 4);
        png_write_row(png, row);
    }
    png_write_end(png, NULL);
    return true;
}

static zy_status write_png(const canvas *c, zy_buf *out)
{
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, png_quiet);
    png_infop info = png != NULL ? png_create_info_struct(png) : NULL;
    bool good = info != NULL;
    if (good) {
        png_set_write_fn(png, out, png_out, png_flushed);
        good = write_rows(png, info, c);
    }
    png_destroy_write_struct(&png, &info);
    if (!good)
        return ZY_NO_MEMORY;
    return zy_buf_failed(out) || out->n > ZY_CAPTCHA_PNG_MAX ? ZY_INTERNAL : ZY_OK;
}

zy_status zy_captcha_draw(const char *text, zy_buf *ret_png)
{
    canvas straight = { 0 }, bent;
    dice d;
    ZY_TRY(dice_take(&d));
    ZY_TRY(draw_letters(&straight, &d, text));
    for (int i = 0; i < LINES; i++)
        draw_line(&straight, &d);
    for (int i = 0; i < DOTS; i++)
        draw_dot(&straight, &d);
    wave(&straight, &d, &bent);
    return write_png(&bent, ret_png);
}
