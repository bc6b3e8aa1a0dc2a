/* The file of serials and seeds that a maker of tokens delivers. */
#include <stdlib.h>
#include <string.h>

#include "service/token/token.h"

void zy_token_file_free(zy_token_file *file)
{
    if (file != NULL)
        zy_wipe(file, sizeof *file);
    free(file);
}

static bool is_serial(zy_str s)
{
    if (s.n < ZY_TOKEN_SERIAL_MIN || s.n > ZY_TOKEN_SERIAL_MAX)
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!(s.p[i] >= '0' && s.p[i] <= '9') && !(s.p[i] >= 'A' && s.p[i] <= 'Z'))
            return false;
    return true;
}

/* What is wrong is told by number: a line holds a seed. */
static zy_status bad_line(unsigned number, const char *why, zy_err *err)
{
    return zy_fail(err, ZY_BAD_FIELD, "file", "line %u: %s", number, why);
}

static zy_status read_line(zy_str line, unsigned number, zy_token_line *ret_line, zy_err *err)
{
    zy_str serial = { 0 }, seed = { 0 };
    (void)zy_str_next(&line, ',', &serial);
    (void)zy_str_next(&line, ',', &seed);
    if (line.p != NULL || !is_serial(serial))
        return bad_line(number, "a serial and a seed are expected", err);
    if (zy_hex_decode(seed, ret_line->seed, sizeof ret_line->seed, &ret_line->seed_n) != ZY_OK ||
        ret_line->seed_n < ZY_TOKEN_SEED_MIN)
        return bad_line(number, "a seed of 16 to 32 bytes in hex is expected", err);
    return zy_str_copy(serial, ret_line->serial, sizeof ret_line->serial);
}

static int by_serial(const void *a, const void *b)
{
    const zy_token_line *const *left = a, *const *right = b;
    return strcmp((*left)->serial, (*right)->serial);
}

static zy_status no_serial_twice(const zy_token_file *file, zy_err *err)
{
    const zy_token_line *sorted[ZY_TOKEN_FILE_TOKENS];
    for (size_t i = 0; i < file->count; i++)
        sorted[i] = &file->lines[i];
    qsort(sorted, file->count, sizeof sorted[0], by_serial);
    for (size_t i = 1; i < file->count; i++)
        if (strcmp(sorted[i - 1]->serial, sorted[i]->serial) == 0)
            return zy_fail(err, ZY_BAD_FIELD, "file", "a serial stands there twice");
    return ZY_OK;
}

static zy_status read_lines(zy_str text, zy_token_file *file, zy_err *err)
{
    zy_str line;
    for (unsigned number = 1; zy_str_next(&text, '\n', &line); number++) {
        line = zy_str_trim(line);
        if (line.n == 0 || line.p[0] == '#')
            continue;
        if (file->count == ZY_TOKEN_FILE_TOKENS)
            return bad_line(number, "more tokens than one file may hold", err);
        ZY_TRY(read_line(line, number, &file->lines[file->count], err));
        file->count++;
    }
    if (file->count == 0)
        return zy_fail(err, ZY_BAD_FIELD, "file", "no token in it");
    return no_serial_twice(file, err);
}

zy_status zy_token_file_parse(zy_str text, zy_token_file **ret_file, zy_err *err)
{
    if (text.n > ZY_TOKEN_FILE_MAX)
        return zy_fail(err, ZY_BAD_FIELD, "file", "larger than %d bytes", ZY_TOKEN_FILE_MAX);
    ZY_AUTO(zy_token_file_free) zy_token_file *file = calloc(1, sizeof *file);
    if (file == NULL)
        return ZY_NO_MEMORY;
    ZY_TRY(read_lines(text, file, err));
    *ret_file = ZY_STEAL(file);
    return ZY_OK;
}
