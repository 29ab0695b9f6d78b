/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Named values, in objects and lists of rows, as indented lines for people or as one JSON object. One thread.
 */
#ifndef PHICAST_SHARED_DUMP_PRINTER_H
#define PHICAST_SHARED_DUMP_PRINTER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct printer {
    FILE *out; /* its error flag tells whether all has been written */
    bool json;
    bool in_row; /* a row is one line */
    bool first;  /* nothing stands yet in the innermost object, list or row */
    int depth;
};

/* The outermost object. */
struct printer printer_begin(FILE *out, bool json);
void printer_end(struct printer *printer);

/* An object or list inside an object. Objects: values, objects and lists. Lists: rows. Rows: values. */
void print_object(struct printer *printer, const char *name);
void print_object_end(struct printer *printer);
void print_list(struct printer *printer, const char *name);
void print_list_end(struct printer *printer);
void print_row(struct printer *printer);
void print_row_end(struct printer *printer);

/* Values. name: printable ASCII without quotes and backslashes. text: UTF-8 without control characters. */
void print_count(struct printer *printer, const char *name, uint64_t value);
void print_flag(struct printer *printer, const char *name, bool value);
void print_text(struct printer *printer, const char *name, const char *text);
void print_nothing(struct printer *printer, const char *name, const char *why); /* JSON: null */
void print_number(struct printer *printer, const char *name, double value);     /* finite; 7 digits */
void print_seconds(struct printer *printer, const char *name, double value); /* finite; to the microsecond */

#endif
