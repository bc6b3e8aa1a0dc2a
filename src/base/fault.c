#include "base/fault.h"

#ifdef ZY_FAULTS
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static struct {
    pthread_mutex_t lock;
    char prefix[64];
    long nth, passed; /* nth 0: disarmed */
    zy_status status;
} armed = { .lock = PTHREAD_MUTEX_INITIALIZER };

void zy_fault_arm(const char *prefix, long nth, zy_status status)
{
    pthread_mutex_lock(&armed.lock);
    snprintf(armed.prefix, sizeof armed.prefix, "%s", prefix);
    armed.nth = nth;
    armed.passed = 0;
    armed.status = status;
    pthread_mutex_unlock(&armed.lock);
}

long zy_fault_passed(void)
{
    pthread_mutex_lock(&armed.lock);
    long passed = armed.passed;
    pthread_mutex_unlock(&armed.lock);
    return passed;
}

zy_status zy_fault_hit(const char *name)
{
    pthread_mutex_lock(&armed.lock);
    bool counts = armed.nth != 0 && strncmp(name, armed.prefix, strlen(armed.prefix)) == 0;
    bool due = counts && ++armed.passed == armed.nth;
    zy_status status = due ? armed.status : ZY_OK;
    pthread_mutex_unlock(&armed.lock);
    return status;
}
#endif
