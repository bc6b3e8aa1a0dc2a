/* Follows the mailbox file and tells every open page what was written. */
#include "desk.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define STREAMS_MAX  32
#define SHOWN_FIRST  12
#define POLL_US      300000
#define LINE_MAX_SMS 8192

static struct {
    pthread_mutex_t lock;
    pthread_t thread;
    bool running, stopping;
    char path[4200];
    long offset;
    zy_sse *streams[STREAMS_MAX];
    char recent[SHOWN_FIRST][LINE_MAX_SMS];
    int recent_count;
} inbox = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void remember(const char *line)
{
    if (inbox.recent_count == SHOWN_FIRST) {
        memmove(inbox.recent[0], inbox.recent[1], sizeof inbox.recent[0] * (SHOWN_FIRST - 1));
        inbox.recent_count--;
    }
    snprintf(inbox.recent[inbox.recent_count++], LINE_MAX_SMS, "%s", line);
}

static void tell_all(const char *line)
{
    remember(line);
    for (int i = 0; i < STREAMS_MAX; i++)
        if (inbox.streams[i] != NULL && !zy_sse_send(inbox.streams[i], "sms", zy_str_of(line))) {
            zy_sse_close(inbox.streams[i]);
            inbox.streams[i] = NULL;
        }
}

/* Reads whole lines from where the last reading ended; half a line waits for its end. */
static void read_new(void)
{
    char line[LINE_MAX_SMS];
    FILE *file = fopen(inbox.path, "r");
    if (file == NULL)
        return;
    if (fseek(file, inbox.offset, SEEK_SET) == 0)
        while (fgets(line, sizeof line, file) != NULL) {
            size_t n = strlen(line);
            if (line[n - 1] != '\n')
                break;
            line[n - 1] = '\0';
            inbox.offset = ftell(file);
            tell_all(line);
        }
    fclose(file);
}

static void *run(void *arg)
{
    (void)arg;
    for (bool go_on = true; go_on; usleep(POLL_US)) {
        pthread_mutex_lock(&inbox.lock);
        go_on = !inbox.stopping;
        read_new();
        pthread_mutex_unlock(&inbox.lock);
    }
    return NULL;
}

zy_status desk_inbox_start(const char *mailbox, zy_err *err)
{
    snprintf(inbox.path, sizeof inbox.path, "%s", mailbox);
    inbox.running = pthread_create(&inbox.thread, NULL, run, NULL) == 0;
    return inbox.running ? ZY_OK : zy_fail(err, ZY_NO_MEMORY, NULL, "no thread for the inbox");
}

void desk_inbox_stop(void)
{
    if (!inbox.running)
        return;
    pthread_mutex_lock(&inbox.lock);
    inbox.stopping = true;
    pthread_mutex_unlock(&inbox.lock);
    pthread_join(inbox.thread, NULL);
    for (int i = 0; i < STREAMS_MAX; i++)
        if (inbox.streams[i] != NULL)
            zy_sse_close(inbox.streams[i]);
}

void desk_inbox_serve(zy_http *http, void *unused)
{
    (void)unused;
    int slot = 0;
    pthread_mutex_lock(&inbox.lock);
    while (slot < STREAMS_MAX && inbox.streams[slot] != NULL)
        slot++;
    if (slot == STREAMS_MAX) {
        zy_http_refuse(http, ZY_BUSY);
    } else {
        inbox.streams[slot] = zy_http_sse(http);
        for (int i = 0; inbox.streams[slot] != NULL && i < inbox.recent_count; i++)
            zy_sse_send(inbox.streams[slot], "sms", zy_str_of(inbox.recent[i]));
    }
    pthread_mutex_unlock(&inbox.lock);
}
