/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shared/dump/printer.h"

#include <inttypes.h>
#include <string.h>

enum { COLUMN = 32 }; /* where values start */

/* What stands before a value, an object, a list or a row. */
static void begin(struct printer *printer, const char *name)
{
    if (printer->in_row) {
        fputs(printer->first ? "" : printer->json ? ", " : "  ", printer->out);
    } else {
        const bool root = printer->first && printer->depth <= 1 && !printer->json;
        fputs(root ? "" : printer->json && !printer->first ? ",\n" : "\n", printer->out);
        fprintf(printer->out, "%*s", 2 * (printer->json ? printer->depth : printer->depth - 1), "");
    }
    printer->first = false;
    if (name && printer->json) {
        fprintf(printer->out, "\"%s\": ", name);
    } else if (name) {
        fputs(name, printer->out);
    }
}

static void open_up(struct printer *printer, const char *name, char sign)
{
    begin(printer, name);
    if (printer->json) {
        fputc(sign, printer->out);
    }
    printer->depth++;
    printer->first = true;
}

static void close_up(struct printer *printer, char sign)
{
    printer->depth--;
    if (printer->json && !printer->in_row && !printer->first) {
        fprintf(printer->out, "\n%*s", 2 * printer->depth, "");
    } else if (!printer->json && printer->first) {
        fputs(" none", printer->out);
    }
    if (printer->json) {
        fputc(sign, printer->out);
    }
    printer->first = false;
}

struct printer printer_begin(FILE *out, bool json)
{
    if (json) {
        fputc('{', out);
    }
    return (struct printer){.out = out, .json = json, .first = true, .depth = 1};
}

void printer_end(struct printer *printer)
{
    fputs(printer->json ? "\n}\n" : "\n", printer->out);
}

void print_object(struct printer *printer, const char *name)
{
    open_up(printer, name, '{');
}

void print_object_end(struct printer *printer)
{
    close_up(printer, '}');
}

void print_list(struct printer *printer, const char *name)
{
    open_up(printer, name, '[');
}

void print_list_end(struct printer *printer)
{
    close_up(printer, ']');
}

void print_row(struct printer *printer)
{
    open_up(printer, NULL, '{');
    printer->in_row = true;
}

void print_row_end(struct printer *printer)
{
    close_up(printer, '}');
    printer->in_row = false;
}

/* From a value's name to where the value stands: in a column, but in rows. */
static void begin_value(struct printer *printer, const char *name)
{
    begin(printer, name);
    if (printer->json) {
        return;
    }
    const int used = 2 * (printer->depth - 1) + (int)strlen(name);
    fprintf(printer->out, "%*s", printer->in_row || used >= COLUMN ? 1 : COLUMN - used, "");
}

void print_count(struct printer *printer, const char *name, uint64_t value)
{
    begin_value(printer, name);
    fprintf(printer->out, "%" PRIu64, value);
}

void print_flag(struct printer *printer, const char *name, bool value)
{
    begin_value(printer, name);
    fputs(printer->json ? (value ? "true" : "false") : (value ? "yes" : "no"), printer->out);
}

/* Without control characters two signs are all that JSON wants escaped. */
static void print_string(struct printer *printer, const char *text)
{
    fputc('"', printer->out);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\') {
            fputc('\\', printer->out);
        }
        fputc(*text, printer->out);
    }
    fputc('"', printer->out);
}

void print_text(struct printer *printer, const char *name, const char *text)
{
    begin_value(printer, name);
    if (printer->json) {
        print_string(printer, text);
    } else {
        fputs(text, printer->out);
    }
}

void print_nothing(struct printer *printer, const char *name, const char *why)
{
    begin_value(printer, name);
    fputs(printer->json ? "null" : why, printer->out);
}

void print_number(struct printer *printer, const char *name, double value)
{
    begin_value(printer, name);
    fprintf(printer->out, "%.7g", value);
}

void print_seconds(struct printer *printer, const char *name, double value)
{
    begin_value(printer, name);
    fprintf(printer->out, "%.6f", value);
}
