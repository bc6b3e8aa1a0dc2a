/* Adds up a bank's SQLite file by itself: shares no code with the ledger, not even the way to the database. */
#pragma once

#include <stdint.h>

enum { CHECKED_ACCOUNTS = 1024 }; /* account ids of simulated banks are below this */

typedef struct checked_books {
    int64_t balance[CHECKED_ACCOUNTS]; /* the sum of the postings */
    int64_t held[CHECKED_ACCOUNTS];    /* the sum of the open holds */
    int64_t journals, postings, faults;
    char first_fault[120];
} checked_books;

/* 0: the file could be read. What is wrong is counted in faults. */
int check_books(const char *file, checked_books *ret_books);
