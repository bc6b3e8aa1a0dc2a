/* The day's file of a member. */
#pragma once

#include "book.h"

/* One page of it (from 1) for a bank, with the planted differences; the texts of entries belong to the book and to *ret_entries.
 * m: page, totals and entries are filled in. The caller frees *ret_entries. ZY_BAD_REQUEST: there is no such page. */
ZY_CHECKED zy_status day_page(clearing_house *h, zy_str bank, zy_day day, int64_t page, zy_iso_message *m, zy_iso_entry **ret_entries);
