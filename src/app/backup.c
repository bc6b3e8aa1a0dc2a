#include "app/backup.h"

#include <stdlib.h>
#include <string.h>

#define PIECE      (1u << 20)
#define MAGIC      "ZYBACKUP1"
#define MAGIC_SIZE (sizeof MAGIC - 1)

/* Each piece opens only where it stood; pieces of two backups differ by the first piece's random name. */
static zy_cell cell_of(const char *name, int64_t number)
{
    return (zy_cell){ "backup", name, { number } };
}

static zy_status write_piece(zy_keys *keys, const char *name, int64_t number, const void *p, size_t n, FILE *out)
{
    ZY_AUTO_BUF sealed = { .max = PIECE + 4096 };
    ZY_TRY(zy_keys_seal(keys, ZY_KEY_BACKUP, cell_of(name, number), p, n, &sealed));
    const uint8_t size[4] = { (uint8_t)(sealed.n >> 24), (uint8_t)(sealed.n >> 16), (uint8_t)(sealed.n >> 8), (uint8_t)sealed.n };
    bool good = fwrite(size, 1, sizeof size, out) == sizeof size && fwrite(sealed.p, 1, sealed.n, out) == sealed.n;
    return good ? ZY_OK : ZY_IO_ERROR;
}

static zy_status seal_pieces(zy_keys *keys, const char *name, uint8_t *piece, FILE *in, FILE *out, uint64_t *ret_bytes)
{
    int64_t number = 1;
    size_t n;
    *ret_bytes = 0;
    do {
        n = fread(piece, 1, PIECE, in);
        if (ferror(in))
            return ZY_IO_ERROR;
        ZY_TRY(write_piece(keys, name, number++, piece, n, out));
        *ret_bytes += n;
    } while (n > 0);
    return fflush(out) == 0 ? ZY_OK : ZY_IO_ERROR;
}

zy_status zy_backup_seal(zy_keys *keys, FILE *in, FILE *out, uint64_t *ret_bytes, zy_err *err)
{
    uint8_t random[16];
    char name[33];
    ZY_TRY(zy_random(random, sizeof random));
    zy_hex_encode(random, sizeof random, name);
    uint8_t *piece = malloc(PIECE);
    if (piece == NULL)
        return ZY_NO_MEMORY;
    bool began = fwrite(MAGIC, 1, MAGIC_SIZE, out) == MAGIC_SIZE && fwrite(name, 1, 32, out) == 32;
    zy_status status = began ? seal_pieces(keys, name, piece, in, out, ret_bytes) : ZY_IO_ERROR;
    zy_wipe(piece, PIECE);
    free(piece);
    return status == ZY_IO_ERROR ? zy_fail(err, status, NULL, "cannot write the backup (is the disk full?)") : status;
}

static zy_status damaged(zy_err *err)
{
    return zy_fail(err, ZY_SIGNATURE_BAD, NULL, "the backup is damaged, cut off, or of another bank's keys");
}

/* *ret_n 0: the end. */
static zy_status read_piece(zy_keys *keys, const char *name, int64_t number, uint8_t *room, FILE *in, zy_buf *ret_plain, zy_err *err)
{
    uint8_t size[4];
    if (fread(size, 1, sizeof size, in) != sizeof size)
        return damaged(err);
    size_t n = (size_t)size[0] << 24 | (size_t)size[1] << 16 | (size_t)size[2] << 8 | size[3];
    if (n < ZY_SEALED_EXTRA || n > PIECE + ZY_SEALED_EXTRA || fread(room, 1, n, in) != n)
        return damaged(err);
    zy_buf_clear(ret_plain);
    zy_status status = zy_keys_open_cell(keys, ZY_KEY_BACKUP, cell_of(name, number), room, n, ret_plain);
    return status == ZY_SIGNATURE_BAD || status == ZY_NOT_FOUND ? damaged(err) : status;
}

static zy_status open_pieces(zy_keys *keys, const char *name, uint8_t *room, FILE *in, FILE *out, uint64_t *ret_bytes, zy_err *err)
{
    ZY_AUTO_SECRET_BUF plain = { .max = PIECE + 4096 };
    *ret_bytes = 0;
    for (int64_t number = 1;; number++) {
        ZY_TRY(read_piece(keys, name, number, room, in, &plain, err));
        if (plain.n == 0)
            break;
        if (fwrite(plain.p, 1, plain.n, out) != plain.n)
            return zy_fail(err, ZY_IO_ERROR, NULL, "cannot write the restored file");
        *ret_bytes += plain.n;
    }
    if (fgetc(in) != EOF)
        return damaged(err);
    return fflush(out) == 0 ? ZY_OK : zy_fail(err, ZY_IO_ERROR, NULL, "cannot write the restored file");
}

zy_status zy_backup_open(zy_keys *keys, FILE *in, FILE *out, uint64_t *ret_bytes, zy_err *err)
{
    char head[MAGIC_SIZE + 32], name[33] = "";
    if (fread(head, 1, sizeof head, in) != sizeof head || memcmp(head, MAGIC, MAGIC_SIZE) != 0)
        return zy_fail(err, ZY_BAD_FIELD, "--from", "this is no backup of zhangyin");
    memcpy(name, head + MAGIC_SIZE, 32);
    uint8_t *room = malloc(PIECE + ZY_SEALED_EXTRA);
    if (room == NULL)
        return ZY_NO_MEMORY;
    zy_status status = open_pieces(keys, name, room, in, out, ret_bytes, err);
    free(room);
    return status;
}
