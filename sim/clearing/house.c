#include "house.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "book.h"

/* Who banks where, and which phone numbers are bound, before anything was played. README.md lists them. */
static const house_account ACCOUNTS[] = {
    { "102100099996", "6222021001112223337", "王小丽", "open" }, { "102100099996", "6222021001112223345", "赵国强", "closed" },
    { "103100000026", "6228480010001234563", "陈志远", "open" }, { "104100000004", "6216610100011122238", "欧阳明月", "open" },
    { "105100000017", "6217000010001112225", "刘洋", "open" },   { "105100000017", "6217000010001112233", "孙倩", "frozen" },
    { "301290000007", "6222600110012345671", "周晓峰", "open" }, { "308584000013", "6225880100112233444", "吴思琪", "open" },
};
static const book_binding BINDINGS[] = {
    { "13900000001", "102100099996", "6222021001112223337", "王小丽" },
    { "13900000002", "105100000017", "6217000010001112225", "刘洋" },
};

/* --- keys --- */

static zy_status write_key(const char *path, const zy_sm2_key *key)
{
    uint8_t scalar[32];
    ZY_TRY(zy_sm2_to_scalar(key, scalar));
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool written = fd >= 0 && write(fd, scalar, sizeof scalar) == (ssize_t)sizeof scalar;
    zy_wipe(scalar, sizeof scalar);
    if (fd >= 0)
        close(fd);
    return written ? ZY_OK : ZY_IO_ERROR;
}

static zy_status own_key(const clearing_house *h, const char *name, zy_sm2_key **ret_key, zy_err *err)
{
    char path[240];
    uint8_t scalar[33];
    if (h->folder[0] == '\0')
        return zy_sm2_generate(ret_key);
    snprintf(path, sizeof path, "%s/%s", h->folder, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL && errno == ENOENT) {
        ZY_TRY(zy_sm2_generate(ret_key));
        zy_status status = write_key(path, *ret_key);
        return status == ZY_OK ? ZY_OK : zy_fail(err, status, NULL, "%.180s cannot be written", path);
    }
    size_t n = file != NULL ? fread(scalar, 1, sizeof scalar, file) : 0;
    if (file != NULL)
        fclose(file);
    zy_status status = n == 32 ? zy_sm2_from_scalar(scalar, ret_key) : ZY_IO_ERROR;
    zy_wipe(scalar, sizeof scalar);
    return status == ZY_OK ? ZY_OK : zy_fail(err, status, NULL, "%.180s is no key", path);
}

void clearing_house_keys(const clearing_house *h, char sign_hex[131], char box_hex[131])
{
    uint8_t point[ZY_SM2_PUB_BYTES];
    zy_sm2_public(h->sign, point);
    zy_hex_encode(point, sizeof point, sign_hex);
    zy_sm2_public(h->box, point);
    zy_hex_encode(point, sizeof point, box_hex);
}

zy_status clearing_house_member(clearing_house *h, zy_str code, zy_str sign_hex, zy_str box_hex)
{
    zy_wire_peer peer;
    ZY_TRY(zy_wire_peer_make(code, sign_hex, box_hex, &peer));
    pthread_mutex_lock(&h->lock);
    zy_wire_peer *at = NULL;
    for (size_t i = 0; i < h->member_count && at == NULL; i++)
        if (zy_str_eq_c(code, h->members[i].code))
            at = &h->members[i];
    if (at != NULL)
        zy_wire_peer_clear(at);
    else if (h->member_count < MEMBERS_MAX)
        at = &h->members[h->member_count++];
    if (at != NULL)
        *at = peer;
    else
        zy_wire_peer_clear(&peer);
    pthread_mutex_unlock(&h->lock);
    return at != NULL ? ZY_OK : ZY_OVERFLOW;
}

/* --- opening --- */

static zy_status seed(clearing_house *h)
{
    for (size_t i = 0; i < ZY_COUNT(ACCOUNTS); i++) {
        house_account *a = BOOK_ADD(&h->accounts);
        if (a == NULL)
            return ZY_NO_MEMORY;
        *a = ACCOUNTS[i];
    }
    for (size_t i = 0; i < ZY_COUNT(BINDINGS); i++) {
        book_binding *b = BOOK_ADD(&h->bindings);
        if (b == NULL)
            return ZY_NO_MEMORY;
        *b = BINDINGS[i];
    }
    return ZY_OK;
}

static zy_status fill(clearing_house *h, const char *folder, zy_err *err)
{
    ZY_TRY(zy_str_copy(zy_str_of(folder), h->folder, sizeof h->folder));
    if (folder != NULL && mkdir(folder, 0700) != 0 && errno != EEXIST)
        return zy_fail(err, ZY_IO_ERROR, NULL, "%.180s: %s", folder, strerror(errno));
    ZY_TRY(own_key(h, "house-sign.key", &h->sign, err));
    ZY_TRY(own_key(h, "house-box.key", &h->box, err));
    ZY_TRY(zy_sm2_generate(&h->stranger));
    ZY_TRY(seed(h));
    return folder != NULL ? keep_read(h, err) : ZY_OK;
}

zy_status clearing_house_open(const char *folder, const zy_clock *clock, clearing_house **ret_house, zy_err *err)
{
    clearing_house *h = calloc(1, sizeof *h);
    if (h == NULL)
        return ZY_NO_MEMORY;
    pthread_mutex_init(&h->lock, NULL);
    h->clock = clock;
    h->last_body.max = 2 * ZY_ISO_BYTES_MAX;
    snprintf(h->recalls, sizeof h->recalls, "agree");
    zy_status status = fill(h, folder, err);
    if (status != ZY_OK) {
        clearing_house_close(h);
        return status;
    }
    *ret_house = h;
    return ZY_OK;
}

void clearing_house_close(clearing_house *h)
{
    if (h == NULL)
        return;
    zy_sm2_key_free(h->sign);
    zy_sm2_key_free(h->box);
    zy_sm2_key_free(h->stranger);
    for (size_t i = 0; i < h->member_count; i++)
        zy_wire_peer_clear(&h->members[i]);
    free(h->transfers.rows);
    free(h->mail.rows);
    free(h->bindings.rows);
    free(h->accounts.rows);
    zy_buf_free(&h->last_body);
    pthread_mutex_destroy(&h->lock);
    free(h);
}

/* --- addresses --- */

static void answer_control(zy_http *http, void *house)
{
    ZY_AUTO_BUF answer = { 0 };
    zy_err err = { 0 };
    zy_status status = clearing_house_control(house, zy_http_body(http), &answer, &err);
    if (status != ZY_OK)
        zy_http_refuse(http, status);
    else
        zy_http_write(http, ZY_STR("application/json"), answer.p, answer.n);
}

void clearing_house_routes(clearing_house *h, zy_route out[CLEARING_HOUSE_ROUTES])
{
    out[0] = (zy_route){ ZY_CLEARING_PATH, ZY_HTTP_POST, ZY_ISO_BYTES_MAX, ZY_CLEARING_TYPE, door_answer, h };
    out[1] = (zy_route){ "/control", ZY_HTTP_POST, 16384, "application/json", answer_control, h };
}
