/* Which SIM card is in the phone: a file in the bank's home that zhangyin-carrier reads. */
#include "desk.h"

#include <stdio.h>
#include <string.h>

#define PHONE_MAX 16

static void path_of(const char *home, char out[4200])
{
    snprintf(out, 4200, "%s/carrier-sim", home);
}

static zy_status read_card(const char *home, char ret_phone[PHONE_MAX])
{
    char path[4200];
    path_of(home, path);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return ZY_NOT_FOUND;
    bool read = fgets(ret_phone, PHONE_MAX, file) != NULL;
    fclose(file);
    if (!read)
        ret_phone[0] = '\0';
    ret_phone[strcspn(ret_phone, "\r\n")] = '\0';
    return ZY_OK;
}

/* Only numbers: empty takes the card out. */
static bool is_phone(zy_str text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
    return text.n == 0 || text.n == 11;
}

static zy_status write_card(const char *home, zy_str body)
{
    ZY_AUTO(zy_json_free) zy_json *in = NULL;
    zy_str phone;
    char path[4200];
    ZY_TRY(zy_json_parse(body, &in));
    if (!zy_json_str(in, "phone", &phone) || !is_phone(phone))
        return ZY_BAD_REQUEST;
    path_of(home, path);
    FILE *file = fopen(path, "w");
    if (file == NULL)
        return ZY_IO_ERROR;
    bool written = fprintf(file, ZY_STR_FMT "\n", ZY_STR_ARG(phone)) > 0;
    return fclose(file) == 0 && written ? ZY_OK : ZY_IO_ERROR;
}

void desk_simcard_serve(zy_http *http, void *arg)
{
    const char *home = arg;
    char phone[PHONE_MAX] = "";
    zy_status status = zy_http_method_of(http) == ZY_HTTP_POST ? write_card(home, zy_http_body(http)) : ZY_OK;
    if (status == ZY_OK)
        status = read_card(home, phone);
    if (status != ZY_OK) {
        zy_http_refuse(http, status);
        return;
    }
    ZY_AUTO_BUF text = { 0 };
    ZY_AUTO(zy_json_free) zy_json *out = zy_json_object();
    zy_json_set_c(out, "phone", phone);
    zy_json_write(out, &text);
    zy_http_write(http, ZY_STR("application/json"), text.p, text.n);
}
