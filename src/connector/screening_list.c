/* A list of people in a file, for banks that have no system of their own. It is read again when it was replaced; while it cannot be
 * read, nobody is let in. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/id_no.h"
#include "connector/screening_internal.h"

#define ROWS_FIRST 256

/* --- the file's text --- */

static zy_status parse_line(zy_str line, screening_row *ret_row)
{
    screening_row row = { .grade = ZY_AML_LOW };
    zy_str rest = line, verdict, number;
    zy_id_no id;
    if (!zy_str_next(&rest, ' ', &verdict) || !zy_str_next(&rest, ' ', &number) || zy_id_no_parse(number, &id) != ZY_OK)
        return ZY_BAD_REQUEST;
    row.blacklisted = zy_str_eq_c(verdict, "blacklist");
    if (!row.blacklisted && (screening_grade_parse(verdict, &row.grade) != ZY_OK || row.grade == ZY_AML_LOW))
        return ZY_BAD_REQUEST;
    if (row.blacklisted)
        row.grade = ZY_AML_HIGH;
    memcpy(row.id_no, id.text, sizeof row.id_no);
    *ret_row = row;
    return ZY_OK;
}

static zy_status push_row(screening_list *list, size_t *room, const screening_row *row)
{
    if (list->count == *room) {
        size_t more = *room == 0 ? ROWS_FIRST : 2 * *room;
        screening_row *rows = reallocarray(list->rows, more, sizeof *rows);
        if (rows == NULL)
            return ZY_NO_MEMORY;
        list->rows = rows;
        *room = more;
    }
    list->rows[list->count++] = *row;
    return ZY_OK;
}

static int by_number(const void *a, const void *b)
{
    const screening_row *x = a, *y = b;
    return strcmp(x->id_no, y->id_no);
}

static zy_status sort_rows(screening_list *list, zy_err *err)
{
    if (list->count > 0)
        qsort(list->rows, list->count, sizeof *list->rows, by_number);
    for (size_t i = 1; i < list->count; i++)
        if (by_number(&list->rows[i - 1], &list->rows[i]) == 0)
            return zy_fail(err, ZY_BAD_REQUEST, NULL, "somebody stands on the list twice");
    return ZY_OK;
}

static zy_status parse_lines(zy_str text, screening_list *list, zy_err *err)
{
    zy_str rest = text, line;
    size_t room = 0;
    for (int number = 1; zy_str_next(&rest, '\n', &line); number++) {
        screening_row row;
        line = zy_str_trim(line);
        if (line.n == 0 || line.p[0] == '#')
            continue;
        if (parse_line(line, &row) != ZY_OK)
            return zy_fail(err, ZY_BAD_REQUEST, NULL, "line %d of the screening list", number);
        ZY_TRY(push_row(list, &room, &row));
    }
    return sort_rows(list, err);
}

void screening_list_free(screening_list *list)
{
    if (list->rows != NULL)
        explicit_bzero(list->rows, list->count * sizeof *list->rows);
    free(list->rows);
    *list = (screening_list){ 0 };
}

zy_status screening_list_parse(zy_str text, screening_list *ret_list, zy_err *err)
{
    screening_list list = { 0 };
    zy_status status = parse_lines(text, &list, err);
    if (status == ZY_OK)
        *ret_list = list;
    else
        screening_list_free(&list);
    return status;
}

void screening_list_find(const screening_list *list, zy_str id_no, zy_screening_result *ret_result)
{
    screening_row key = { .id_no = "" };
    const screening_row *row = NULL;
    if (list->count > 0 && zy_str_copy(id_no, key.id_no, sizeof key.id_no) == ZY_OK)
        row = bsearch(&key, list->rows, list->count, sizeof *list->rows, by_number);
    *ret_result = (zy_screening_result){ .blacklisted = row != NULL && row->blacklisted,
                                         .grade = row != NULL ? row->grade : ZY_AML_LOW };
}

/* --- the file --- */

typedef struct list_file {
    pthread_mutex_t lock;
    char path[4001];
    bool read;          /* `list` is that of `seen` */
    struct stat seen;
    screening_list list;
} list_file;

static bool is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static zy_status read_whole(int fd, size_t size, zy_buf *out, zy_err *err)
{
    char piece[65536];
    ssize_t n;
    while ((n = read(fd, piece, sizeof piece)) > 0)
        zy_buf_add(out, piece, (size_t)n);
    explicit_bzero(piece, sizeof piece);
    if (n < 0 || zy_buf_failed(out) || out->n != size)
        return zy_fail(err, ZY_CONNECTOR_FAILED, NULL, "the screening list changed or ended while it was read");
    return ZY_OK;
}

static zy_status read_open_file(list_file *f, int fd, zy_err *err)
{
    struct stat now;
    ZY_AUTO_SECRET_BUF text = { .max = SCREENING_LIST_MAX_BYTES };
    if (fstat(fd, &now) != 0 || !S_ISREG(now.st_mode) || (now.st_mode & 077) != 0)
        return zy_fail(err, ZY_CONNECTOR_FAILED, NULL, "the screening list must be a file of mode 0600");
    if (f->read && is_same_file(&now, &f->seen))
        return ZY_OK;
    screening_list list = { 0 };
    f->read = false;
    ZY_TRY(read_whole(fd, (size_t)now.st_size, &text, err));
    if (screening_list_parse(zy_buf_view(&text), &list, err) != ZY_OK)
        return ZY_CONNECTOR_FAILED;
    screening_list_free(&f->list);
    f->list = list;
    f->seen = now;
    f->read = true;
    return ZY_OK;
}

static zy_status refresh(list_file *f, zy_err *err)
{
    int fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return zy_fail(err, ZY_CONNECTOR_FAILED, NULL, "the screening list cannot be opened: %s", strerror(errno));
    zy_status status = read_open_file(f, fd, err);
    close(fd);
    return status;
}

static zy_status list_open(const zy_config *config, void **ret_state, zy_err *err)
{
    list_file *f = calloc(1, sizeof *f);
    if (f == NULL)
        return ZY_NO_MEMORY;
    if (zy_str_copy(zy_config_text(config, "screening.list"), f->path, sizeof f->path) != ZY_OK) {
        free(f);
        return zy_fail(err, ZY_CONFIG_BAD, "screening.list", "too long");
    }
    pthread_mutex_init(&f->lock, NULL);
    *ret_state = f;
    return ZY_OK;
}

static zy_status list_ask(void *state, zy_str name, zy_str id_no, zy_time now, zy_screening_result *ret_result, zy_err *err)
{
    (void)name;
    (void)now;
    list_file *f = state;
    pthread_mutex_lock(&f->lock);
    zy_status status = refresh(f, err);
    if (status == ZY_OK)
        screening_list_find(&f->list, id_no, ret_result);
    pthread_mutex_unlock(&f->lock);
    return status;
}

static void list_free(void *state)
{
    list_file *f = state;
    if (f == NULL)
        return;
    screening_list_free(&f->list);
    pthread_mutex_destroy(&f->lock);
    free(f);
}

const screening_system SCREENING_LIST = { list_open, list_ask, list_free };
