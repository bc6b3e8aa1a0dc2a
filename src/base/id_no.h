/* Numbers of resident identity cards, GB 11643: region 6 | birth date 8 | sequence 3 | check character. */
#pragma once

#include "base/clock.h"

typedef struct zy_id_no {
    char text[19];           /* 18 characters, the check character in upper case; wiped by whoever holds it */
    int region;              /* GB/T 2260, six digits */
    int year, month, day;    /* of birth */
    bool female;
} zy_id_no;

/* Shape, check character (ISO 7064 MOD 11-2) and a birth date that the calendar has, from 1850 on. ZY_BAD_FIELD. */
ZY_CHECKED zy_status zy_id_no_parse(zy_str s, zy_id_no *ret_id_no);
/* Does the region's province exist? Counties change with the years, provinces hardly: what is below them must not be 00. */
bool zy_id_no_region_known(int region);
/* Whole years on a day, Beijing; negative before birth. */
int zy_id_no_age(const zy_id_no *id_no, zy_day on);
/* The check character that belongs to 17 digits. */
char zy_id_no_check(const char digits[17]);
