/* What the programs have in common that play a system behind a connector with signed questions and answers (connector/signed.h). */
#pragma once

#include "connector/signed.h"
#include "net/net.h"

/* Answers one question that the bank signed; what fails is refused. */
typedef zy_status (*sim_answer)(void *arg, const zy_json *question, zy_json *ret_answer, zy_err *err);

typedef struct sim_question {
    const char *path;
    sim_answer answer;
} sim_question;

typedef struct sim_option {
    const char *name;   /* "--people" */
    const char **value;
} sim_option;

#define SIM_QUESTIONS_MAX 4
#define SIM_OPTIONS_MAX   4
#define SIM_PAGES_MAX     2
typedef struct sim_system {
    const char *name;            /* "screening" */
    const char *usage;
    const char *asks, *answers;  /* labels of the signatures */
    size_t question_max;         /* bytes */
    sim_question questions[SIM_QUESTIONS_MAX];
    size_t question_count;
    zy_route pages[SIM_PAGES_MAX]; /* what it serves to others than the bank, unsigned */
    size_t page_count;
    sim_option options[SIM_OPTIONS_MAX]; /* each needed, besides --port and --key */
    size_t option_count;
    /* After the options were read, before the first question; may be NULL. */
    zy_status (*start)(zy_err *err);
    void *arg;
    zy_buf key;                  /* filled by sim_main */
} sim_system;

/* The whole program: on 127.0.0.1 alone, until SIGTERM or SIGINT. */
int sim_main(sim_system *system, int argc, char **argv);

/* The same inside a test: routes for a server of its own. system and its key must outlive the server. */
typedef struct sim_routes {
    struct sim_place {
        const sim_system *system;
        sim_answer answer;
    } places[SIM_QUESTIONS_MAX];
    zy_route routes[SIM_QUESTIONS_MAX + SIM_PAGES_MAX];
    size_t count;
} sim_routes;
void sim_routes_make(const sim_system *system, sim_routes *ret_routes);
/* A file whole; ZY_IO_ERROR. */
ZY_CHECKED zy_status sim_read_file(const char *path, zy_buf *out, zy_err *err);
