/* zhangyin conformance: the catalogue of clauses, what is claimed of each, and whether the named tests passed. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/cmd.h"

enum { DIR, RESULTS, HTML };
#define FILE_MAX (64u << 20)

enum { ENFORCED, SUPPORTED, CLIENT, PLANNED, NOT_APPLICABLE, OPEN, STATUSES };
static const char *const STATUS_NAMES[STATUSES] = { "enforced", "supported", "client", "planned", "not-applicable", "open" };

typedef struct clause {
    zy_str id, section, owner, level, title;
    int status;
    zy_str tests, note;
} clause;

typedef struct result {
    zy_str id;
    bool passed;
} result;

typedef struct catalogue {
    zy_buf clauses_text, claims_text, results_text; /* what the rows point into */
    clause *clauses;
    result *results;
    size_t clause_count, result_count, faults;
} catalogue;

static zy_status read_text(const char *path, zy_buf *out, zy_err *err)
{
    char piece[65536];
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return zy_fail(err, ZY_IO_ERROR, NULL, "cannot read %.150s: %s", path, strerror(errno));
    out->max = FILE_MAX;
    for (size_t n; (n = fread(piece, 1, sizeof piece, file)) > 0;)
        zy_buf_add(out, piece, n);
    fclose(file);
    return zy_buf_failed(out) ? ZY_REQUEST_TOO_LARGE : ZY_OK;
}

/* The next line's cells; false at the end. Cells that the line lacks are empty. */
static bool next_row(zy_str *rest, zy_str *cells, size_t count)
{
    zy_str line;
    do {
        if (!zy_str_next(rest, '\n', &line))
            return false;
    } while (line.n == 0);
    memset(cells, 0, count * sizeof *cells);
    for (size_t i = 0; i < count && zy_str_next(&line, '\t', &cells[i]); i++)
        continue;
    return true;
}

static size_t count_lines(const zy_buf *text)
{
    size_t lines = 1;
    for (size_t i = 0; i < text->n; i++)
        lines += text->p[i] == '\n';
    return lines;
}

static int by_clause(const void *a, const void *b)
{
    const clause *x = a, *y = b;
    return zy_str_cmp(x->id, y->id);
}

static int by_result(const void *a, const void *b)
{
    const result *x = a, *y = b;
    return zy_str_cmp(x->id, y->id);
}

static void fault(catalogue *c, zy_str where, const char *what, zy_str name)
{
    fprintf(stderr, ZY_STR_FMT ": %s " ZY_STR_FMT "\n", ZY_STR_ARG(where), what, ZY_STR_ARG(name));
    c->faults++;
}

/* id, section, title, requirement, owner, level, … */
static void take_clauses(catalogue *c)
{
    zy_str rest = zy_buf_view(&c->clauses_text), cells[6];
    while (next_row(&rest, cells, ZY_COUNT(cells)))
        if (!zy_str_eq_c(cells[0], "id"))
            c->clauses[c->clause_count++] = (clause){ .id = cells[0], .section = cells[1], .title = cells[2],
                                                      .owner = cells[4], .level = cells[5], .status = OPEN };
    qsort(c->clauses, c->clause_count, sizeof *c->clauses, by_clause);
}

/* A test that ran on several engines passed when it passed on each. */
static void take_results(catalogue *c)
{
    zy_str rest = zy_buf_view(&c->results_text), cells[2];
    size_t kept = 0;
    while (next_row(&rest, cells, ZY_COUNT(cells)))
        c->results[c->result_count++] = (result){ cells[0], zy_str_eq_c(cells[1], "passed") };
    qsort(c->results, c->result_count, sizeof *c->results, by_result);
    for (size_t i = 0; i < c->result_count; i++) {
        if (kept > 0 && zy_str_eq(c->results[kept - 1].id, c->results[i].id))
            c->results[kept - 1].passed = c->results[kept - 1].passed && c->results[i].passed;
        else
            c->results[kept++] = c->results[i];
    }
    c->result_count = kept;
}

static int status_of(zy_str text)
{
    for (int i = 0; i < OPEN; i++)
        if (zy_str_eq_c(text, STATUS_NAMES[i]))
            return i;
    return OPEN;
}

static void check_tests(catalogue *c, const clause *k)
{
    zy_str rest = k->tests, name;
    size_t named = 0;
    while (zy_str_next(&rest, ',', &name)) {
        const result wanted = { .id = zy_str_trim(name) };
        if (wanted.id.n == 0)
            continue;
        const result *found = bsearch(&wanted, c->results, c->result_count, sizeof *c->results, by_result);
        if (found == NULL)
            fault(c, k->id, "names a test that did not run:", wanted.id);
        else if (!found->passed)
            fault(c, k->id, "names a test that did not pass:", wanted.id);
        named++;
    }
    if (named == 0 && k->status <= CLIENT)
        fault(c, k->id, "is claimed without a test", (zy_str){ 0 });
    if (k->note.n == 0 && k->status >= PLANNED)
        fault(c, k->id, "gives no reason", (zy_str){ 0 });
}

/* clause, status, tests, note */
static void take_claims(catalogue *c)
{
    zy_str rest = zy_buf_view(&c->claims_text), cells[4];
    while (next_row(&rest, cells, ZY_COUNT(cells))) {
        if (zy_str_eq_c(cells[0], "clause") || zy_str_starts(cells[0], ZY_STR("#")))
            continue;
        const clause wanted = { .id = cells[0] };
        clause *k = bsearch(&wanted, c->clauses, c->clause_count, sizeof *c->clauses, by_clause);
        if (k == NULL) {
            fault(c, cells[0], "is no clause of the catalogue", (zy_str){ 0 });
            continue;
        }
        if (k->status != OPEN)
            fault(c, k->id, "is claimed twice", (zy_str){ 0 });
        k->status = status_of(cells[1]);
        k->tests = cells[2];
        k->note = cells[3];
        if (k->status == OPEN)
            fault(c, k->id, "has an unknown status:", cells[1]);
        else
            check_tests(c, k);
    }
}

static zy_status load(catalogue *c, const char *dir, const char *results, zy_err *err)
{
    char path[ZY_HOME_PATH_MAX];
    ZY_TRY(zy_app_path(dir, "clauses.tsv", path));
    ZY_TRY(read_text(path, &c->clauses_text, err));
    ZY_TRY(zy_app_path(dir, "claims.tsv", path));
    ZY_TRY(read_text(path, &c->claims_text, err));
    ZY_TRY(read_text(results, &c->results_text, err));
    c->clauses = calloc(count_lines(&c->clauses_text), sizeof *c->clauses);
    c->results = calloc(count_lines(&c->results_text), sizeof *c->results);
    if (c->clauses == NULL || c->results == NULL)
        return ZY_NO_MEMORY;
    take_clauses(c);
    take_results(c);
    take_claims(c);
    return ZY_OK;
}

/* --- the report: counts by a column --- */

typedef struct count_row {
    zy_str name;
    size_t by_status[STATUSES], all;
} count_row;

/* The first part of a section path is what a reader looks for. */
static zy_str key_of(const clause *k, bool by_owner)
{
    if (by_owner)
        return k->owner;
    zy_str section = k->section;
    for (size_t i = 0; i + 2 < section.n; i++)
        if (section.p[i] == ' ' && section.p[i + 1] == '>')
            return zy_str_sub(section, 0, i);
    return section;
}

static size_t count_by(const catalogue *c, bool by_owner, count_row *rows, size_t max)
{
    size_t n = 0;
    for (size_t i = 0; i < c->clause_count; i++) {
        zy_str key = key_of(&c->clauses[i], by_owner);
        size_t at = 0;
        while (at < n && !zy_str_eq(rows[at].name, key))
            at++;
        if (at == max)
            continue;
        if (at == n)
            rows[n++] = (count_row){ .name = key };
        rows[at].by_status[c->clauses[i].status]++;
        rows[at].all++;
    }
    return n;
}

static void print_rows(const catalogue *c, bool by_owner)
{
    count_row rows[200];
    size_t n = count_by(c, by_owner, rows, ZY_COUNT(rows));
    printf("%-52s %6s", by_owner ? "owner" : "section", "all");
    for (int s = 0; s < STATUSES; s++)
        printf(" %14s", STATUS_NAMES[s]);
    putchar('\n');
    for (size_t i = 0; i < n; i++) {
        printf("%-52.*s %6zu", (int)(rows[i].name.n < 52 ? rows[i].name.n : 52), rows[i].name.p, rows[i].all);
        for (int s = 0; s < STATUSES; s++)
            printf(" %14zu", rows[i].by_status[s]);
        putchar('\n');
    }
    putchar('\n');
}

static void print_escaped(zy_str s)
{
    for (size_t i = 0; i < s.n; i++)
        switch (s.p[i]) {
        case '<':
            fputs("&lt;", stdout);
            break;
        case '&':
            fputs("&amp;", stdout);
            break;
        default:
            putchar(s.p[i]);
        }
}

static void print_html(const catalogue *c)
{
    puts("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Conformance</title>"
         "<style>body{font:14px system-ui,\"Noto Sans CJK SC\",sans-serif;margin:2rem;color:#14211f}table{border-collapse:collapse}"
         "td,th{border-bottom:1px solid #e3eae8;padding:4px 8px;text-align:left;vertical-align:top}.enforced{color:#075347}"
         ".supported,.client{color:#0b7a67}.planned{color:#9a5508}.open{color:#5b6b68}</style><h1>Conformance</h1>"
         "<table><tr><th>clause<th>section<th>title<th>owner<th>status<th>tests<th>note");
    for (size_t i = 0; i < c->clause_count; i++) {
        const clause *k = &c->clauses[i];
        const zy_str cells[] = { k->id, k->section, k->title, k->owner, zy_str_of(STATUS_NAMES[k->status]), k->tests, k->note };
        printf("<tr class=\"%s\">", STATUS_NAMES[k->status]);
        for (size_t j = 0; j < ZY_COUNT(cells); j++) {
            fputs("<td>", stdout);
            print_escaped(cells[j]);
        }
        putchar('\n');
    }
    puts("</table></html>");
}

static void catalogue_free(catalogue *c)
{
    zy_buf_free(&c->clauses_text);
    zy_buf_free(&c->claims_text);
    zy_buf_free(&c->results_text);
    free(c->clauses);
    free(c->results);
}

static int conformance(const cmd *command, char **v)
{
    zy_err err = { 0 };
    catalogue c = { 0 };
    zy_status status = load(&c, v[DIR] != NULL ? v[DIR] : "conformance", v[RESULTS] != NULL ? v[RESULTS] : "build/results.tsv", &err);
    if (status != ZY_OK) {
        catalogue_free(&c);
        return cmd_failed(command->name, status, &err);
    }
    if (v[HTML] != NULL) {
        print_html(&c);
    } else {
        print_rows(&c, false);
        print_rows(&c, true);
        printf("%zu clauses, %zu test results, %zu faults in the claims\n", c.clause_count, c.result_count, c.faults);
    }
    size_t faults = c.faults;
    catalogue_free(&c);
    return faults == 0 ? EXIT_DONE : EXIT_FOUND_FAULTS;
}

const cmd CMD_CONFORMANCE = { "conformance", "prints which clauses are met and proven; fails on a claim without a passed test",
    conformance,
    { [DIR] = { "--dir", "DIR", "folder of clauses.tsv and claims.tsv (default conformance)" },
      [RESULTS] = { "--results", "FILE", "results of the last test run (default build/results.tsv)" },
      [HTML] = { "--html", NULL, "prints a page instead" } }, NULL };
