/* Evidence: the signed letters between the bank and the clearing house, as they went over the wire (personal fields encrypted), so
 * that neither side can deny later what it said. A file of JSON lines a day, only appended to. */
#pragma once

#include "connector/clearing_wire.h"

#define ZY_LETTERS_PATH_MAX 600

/* Makes the folder (0700) when it is missing. ZY_CONFIG_BAD. */
ZY_CHECKED zy_status zy_letters_folder(const char *folder, zy_err *err);
/* Appends a letter to the file of the day (FOLDER/letters-2026-11-23.jsonl, 0600); it is on the disk when this returns. ZY_IO_ERROR. */
ZY_CHECKED zy_status zy_letters_add(const char *folder, const zy_wire_head *head, zy_str body, zy_time now, zy_err *err);

/* Whose signature it must be; ZY_OK when it is. */
typedef zy_status (*zy_letter_check)(const zy_wire_head *head, zy_str body, void *arg);
typedef struct zy_letters_found {
    uint64_t good, bad;
    uint64_t first_bad; /* its line, from 1 */
} zy_letters_found;
/* Reads a file whole and checks each line; one that is no letter is bad, too. ZY_NOT_FOUND: no such file. */
ZY_CHECKED zy_status zy_letters_verify(const char *path, zy_letter_check check, void *arg, zy_letters_found *ret_found, zy_err *err);
