/* zhangyin receipt verify: is a statement or receipt as this bank made it? */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/cmd.h"
#include "service/document/document.h"

enum { HOME, FILE_NAME };
#define FILE_MAX (16u << 20)

static zy_status read_file(const char *path, zy_buf *out, zy_err *err)
{
    char piece[65536];
    size_t n;
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return zy_fail(err, ZY_IO_ERROR, "FILE", "cannot read it: %s", strerror(errno));
    while ((n = fread(piece, 1, sizeof piece, file)) > 0)
        zy_buf_add(out, piece, n);
    bool broken = ferror(file) != 0 || zy_buf_failed(out);
    fclose(file);
    return broken ? zy_fail(err, ZY_IO_ERROR, "FILE", "it cannot be read to its end, or is too large for a document") : ZY_OK;
}

static int verify(const cmd *c, char **v)
{
    zy_err err = { 0 };
    ZY_AUTO_BUF file = { .max = FILE_MAX };
    ZY_AUTO(zy_app_close) zy_app *app = NULL;
    zy_document_seal seal;
    if (v[FILE_NAME] == NULL) {
        fputs("zhangyin receipt verify: name the file\n", stderr);
        return EXIT_USAGE;
    }
    zy_status status = read_file(v[FILE_NAME], &file, &err);
    if (status == ZY_OK)
        status = zy_app_open(cmd_home(v[HOME]), ZY_APP_KEYS, &app, &err);
    if (status != ZY_OK)
        return cmd_failed(c->name, status, &err);
    status = zy_document_verify(app->env.keys, zy_buf_view(&file), &seal);
    if (status != ZY_OK) {
        printf("WRONG: %s\n", status == ZY_BAD_REQUEST  ? "the file has no seal of this bank"
                              : status == ZY_NOT_FOUND ? "the seal names a key that this bank does not have"
                                                       : "the file is not as the bank made it");
        return EXIT_FOUND_FAULTS;
    }
    printf("right: code %s, sealed with version %u of the receipt key\n", seal.code, seal.key_version);
    return EXIT_DONE;
}

const cmd CMD_RECEIPT_VERIFY = { "receipt verify", "checks the seal of a statement or receipt", verify,
    { [HOME] = { "--home", "DIR", "the bank's home (default: ZY_HOME, else var)" }, [FILE_NAME] = { "FILE", NULL, "a PDF or CSV of the bank" } },
    "Exit code 3: the file has no seal, or was changed." };
