#include "desk.h"

#include <stdio.h>

#include "crypto/crypto.h"

#define DEMO_MAX    (64u << 20)
#define SHOWN       8 /* of the customers: the page is no phone book */
#define TOTP_STEP_S 30

zy_status desk_demo(const char *home, zy_json **ret_demo, zy_err *err)
{
    char path[4200], piece[65536];
    snprintf(path, sizeof path, "%s/demo.json", home);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return zy_fail(err, ZY_IO_ERROR, NULL, "there is no demo bank in this home; make one with: zhangyin init --demo");
    ZY_AUTO_BUF text = { .max = DEMO_MAX };
    for (size_t n; (n = fread(piece, 1, sizeof piece, file)) > 0;)
        zy_buf_add(&text, piece, n);
    fclose(file);
    return zy_json_parse(zy_buf_view(&text), ret_demo);
}

static zy_json *first_customers(const zy_json *demo)
{
    zy_json *list = zy_json_array();
    const zy_json *customers = zy_json_get(demo, "customers");
    for (size_t i = 0; i < zy_json_count(customers) && i < SHOWN; i++)
        zy_json_push(list, zy_json_copy(zy_json_at(customers, i)));
    return list;
}

static zy_status staff_member(const zy_json *from, int64_t now_s, zy_json *ret_member)
{
    static const char *const SHOWN_MEMBERS[] = { "user", "password", "role", "name" };
    zy_str text;
    uint8_t secret[64];
    size_t n = 0;
    char code[7];
    for (size_t i = 0; i < ZY_COUNT(SHOWN_MEMBERS); i++)
        if (zy_json_str(from, SHOWN_MEMBERS[i], &text))
            zy_json_set_str(ret_member, SHOWN_MEMBERS[i], text);
    if (!zy_json_str(from, "totp_secret", &text))
        return ZY_NOT_FOUND;
    ZY_TRY(zy_base32_decode(text, secret, sizeof secret, &n));
    ZY_TRY(zy_totp(secret, n, now_s, code));
    zy_json_set_c(ret_member, "code", code);
    zy_json_set_int(ret_member, "seconds", TOTP_STEP_S - now_s % TOTP_STEP_S);
    return ZY_OK;
}

zy_status desk_people(const char *home, zy_json **ret_people, zy_err *err)
{
    ZY_AUTO(zy_json_free) zy_json *demo = NULL;
    ZY_TRY(desk_demo(home, &demo, err));
    zy_json *people = zy_json_object(), *list = zy_json_array();
    zy_str console = { 0 };
    const zy_json *staff = zy_json_get(demo, "staff");
    int64_t now_s = zy_clock_now(zy_clock_system()).ms / 1000;
    for (size_t i = 0; i < zy_json_count(staff); i++) {
        zy_json *member = zy_json_object();
        if (staff_member(zy_json_at(staff, i), now_s, member) == ZY_OK)
            zy_json_push(list, member);
        else
            zy_json_free(member);
    }
    (void)zy_json_str(zy_json_get(demo, "doors"), "staff", &console);
    zy_json_set(people, "customers", first_customers(demo));
    const zy_json *unregistered = zy_json_get(demo, "unregistered");
    if (unregistered != NULL)
        zy_json_set(people, "unregistered", zy_json_copy(unregistered));
    zy_json_set(people, "staff", list);
    zy_json_set_str(people, "console", console);
    *ret_people = people;
    return ZY_OK;
}
