#include "service/face/capture.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static struct {
    pthread_mutex_t lock;
    capture *first;
    size_t count;
} store = { .lock = PTHREAD_MUTEX_INITIALIZER };

void capture_free(capture *c)
{
    if (c == NULL)
        return;
    for (int i = 0; i < c->frames; i++) {
        zy_wipe(c->frame[i], c->frame_n[i]);
        free(c->frame[i]);
    }
    zy_wipe(c, sizeof *c);
    free(c);
}

/* --- the challenge --- */

/* Even over 0 … below-1: bytes past the last whole multiple are drawn again. */
static zy_status draw_below(unsigned below, unsigned *ret_number)
{
    uint8_t byte;
    do
        ZY_TRY(zy_random(&byte, 1));
    while (byte >= 256 / below * below);
    *ret_number = byte % below;
    return ZY_OK;
}

static zy_status shuffle(zy_face_action *action, unsigned count)
{
    for (unsigned i = count; i > 1; i--) {
        unsigned k = 0;
        ZY_TRY(draw_below(i, &k));
        zy_face_action other = action[i - 1];
        action[i - 1] = action[k];
        action[k] = other;
    }
    return ZY_OK;
}

static bool is_mixed(const zy_face_action *action, int count)
{
    int whole = 0;
    for (int i = 0; i < count; i++)
        whole += zy_face_action_is_whole(action[i]);
    return whole > 0 && whole < count;
}

/* Shuffles until both sorts are among the first ones: at least 3 of 5 orders of six actions are right at once. */
static zy_status draw_actions(capture *c, int count)
{
    zy_face_action all[ZY_FACE_ACTION_KINDS];
    for (int i = 0; i < ZY_FACE_ACTION_KINDS; i++)
        all[i] = (zy_face_action)i;
    do
        ZY_TRY(shuffle(all, ZY_FACE_ACTION_KINDS));
    while (!is_mixed(all, count));
    memcpy(c->action, all, sizeof *all * (size_t)count);
    c->actions = count;
    return ZY_OK;
}

/* --- the store: few, so a list will do; the lock is held for a copy of one picture at most --- */

static capture *unlink_at(capture **link)
{
    capture *c = *link;
    *link = c->next;
    c->next = NULL;
    store.count--;
    return c;
}

static void drop_ended(zy_time now)
{
    for (capture **link = &store.first; *link != NULL;)
        if ((*link)->ends_at.ms <= now.ms)
            capture_free(unlink_at(link));
        else
            link = &(*link)->next;
}

static void drop_of_channel(const uint8_t *th)
{
    for (capture **link = &store.first; *link != NULL;)
        if (memcmp((*link)->th, th, ZY_SM3_BYTES) == 0)
            capture_free(unlink_at(link));
        else
            link = &(*link)->next;
}

static bool has_room(const capture *fresh)
{
    bool anonymous = strcmp(fresh->use.purpose, "reset") == 0;
    size_t same = 0;
    for (const capture *c = store.first; anonymous && c != NULL; c = c->next)
        same += strcmp(c->use.purpose, fresh->use.purpose) == 0;
    return store.count < CAPTURE_TOTAL && same < CAPTURE_NOBODYS;
}

static zy_status insert(capture *c, zy_time now)
{
    zy_status status = ZY_BUSY;
    pthread_mutex_lock(&store.lock);
    drop_ended(now);
    drop_of_channel(c->th);
    if (has_room(c)) {
        c->next = store.first;
        store.first = c;
        store.count++;
        status = ZY_OK;
    }
    pthread_mutex_unlock(&store.lock);
    return status;
}

static zy_status fill(capture *c, const uint8_t *th, zy_time ends_at, int actions, const capture_use *use)
{
    uint8_t id[CAPTURE_ID_BYTES];
    ZY_TRY(zy_random(id, sizeof id));
    zy_hex_encode(id, sizeof id, c->id);
    memcpy(c->th, th, sizeof c->th);
    c->ends_at = ends_at;
    c->use = *use;
    return draw_actions(c, actions);
}

zy_status capture_make(const uint8_t *th, zy_time now, zy_dur life, int actions, const capture_use *use, capture *ret_challenge)
{
    if (th == NULL || actions < 2 || actions > ZY_FACE_ACTIONS_MAX)
        return ZY_BAD_REQUEST;
    ZY_AUTO(capture_free) capture *c = calloc(1, sizeof *c);
    if (c == NULL)
        return ZY_NO_MEMORY;
    ZY_TRY(fill(c, th, zy_time_add(now, life), actions, use));
    const capture told = *c;
    ZY_TRY(insert(c, now));
    (void)ZY_STEAL(c);
    *ret_challenge = told;
    return ZY_OK;
}

static capture **find(const uint8_t *th, zy_str id, zy_time now)
{
    drop_ended(now);
    for (capture **link = &store.first; *link != NULL; link = &(*link)->next)
        if (memcmp((*link)->th, th, ZY_SM3_BYTES) == 0 && id.n == CAPTURE_ID_MAX - 1 &&
            zy_ct_equal((*link)->id, id.p, CAPTURE_ID_MAX - 1))
            return link;
    return NULL;
}

static bool is_jpeg(zy_str p)
{
    const uint8_t *b = (const uint8_t *)p.p;
    return p.n >= ZY_FACE_FRAME_MIN && p.n <= ZY_FACE_FRAME_MAX && b[0] == 0xff && b[1] == 0xd8 && b[2] == 0xff &&
           b[p.n - 2] == 0xff && b[p.n - 1] == 0xd9;
}

static zy_status add_to(capture *c, int action, int frame, zy_str picture)
{
    int at = action * ZY_FACE_FRAMES_MAX + frame;
    if (at != c->frames || at >= c->actions * ZY_FACE_FRAMES_MAX || frame >= ZY_FACE_FRAMES_MAX)
        return ZY_FACTOR_ORDER;
    c->frame[at] = malloc(picture.n);
    if (c->frame[at] == NULL)
        return ZY_NO_MEMORY;
    memcpy(c->frame[at], picture.p, picture.n);
    c->frame_n[at] = picture.n;
    c->frames++;
    return ZY_OK;
}

zy_status capture_add(const uint8_t *th, zy_str id, zy_time now, int action, int frame, zy_str picture)
{
    if (th == NULL)
        return ZY_CHALLENGE_BAD;
    if (!is_jpeg(picture))
        return ZY_BAD_FIELD;
    pthread_mutex_lock(&store.lock);
    capture **link = find(th, id, now);
    zy_status status = link != NULL ? add_to(*link, action, frame, picture) : ZY_CHALLENGE_BAD;
    pthread_mutex_unlock(&store.lock);
    return status;
}

static bool is_for(const capture *c, const capture_use *use)
{
    return zy_id_eq(c->use.customer, use->customer) && zy_id_eq(c->use.object, use->object) &&
           strcmp(c->use.purpose, use->purpose) == 0 && zy_ct_equal(c->use.digest, use->digest, sizeof use->digest) &&
           c->frames == c->actions * ZY_FACE_FRAMES_MAX;
}

zy_status capture_take(const uint8_t *th, zy_str id, zy_time now, const capture_use *use, capture **ret_capture)
{
    ZY_AUTO(capture_free) capture *c = NULL;
    if (th == NULL)
        return ZY_CHALLENGE_BAD;
    pthread_mutex_lock(&store.lock);
    capture **link = find(th, id, now);
    if (link != NULL)
        c = unlink_at(link);
    pthread_mutex_unlock(&store.lock);
    if (c == NULL || !is_for(c, use))
        return ZY_CHALLENGE_BAD;
    *ret_capture = ZY_STEAL(c);
    return ZY_OK;
}

zy_status capture_use_of(const uint8_t *th, zy_str id, zy_time now, const char *purpose, capture_use *ret_use)
{
    if (th == NULL)
        return ZY_CHALLENGE_BAD;
    pthread_mutex_lock(&store.lock);
    capture **link = find(th, id, now);
    bool found = link != NULL && strcmp((*link)->use.purpose, purpose) == 0;
    if (found)
        *ret_use = (*link)->use;
    pthread_mutex_unlock(&store.lock);
    return found ? ZY_OK : ZY_CHALLENGE_BAD;
}

void capture_clear(zy_time now)
{
    pthread_mutex_lock(&store.lock);
    drop_ended(now);
    pthread_mutex_unlock(&store.lock);
}

void capture_clear_all(void)
{
    capture_clear((zy_time){ INT64_MAX });
}

size_t capture_count(void)
{
    pthread_mutex_lock(&store.lock);
    size_t count = store.count;
    pthread_mutex_unlock(&store.lock);
    return count;
}

/* --- what was taken out --- */

void capture_pictures(const capture *c, zy_face_pictures *ret_pictures)
{
    *ret_pictures = (zy_face_pictures){ .actions = c->actions };
    memcpy(ret_pictures->action, c->action, sizeof c->action);
    for (int i = 0; i < c->frames; i++)
        ret_pictures->frame[i / ZY_FACE_FRAMES_MAX][i % ZY_FACE_FRAMES_MAX] = zy_str_bytes(c->frame[i], c->frame_n[i]);
}

void capture_actions_text(const capture *c, char out[CAPTURE_ACTIONS_MAX])
{
    size_t n = 0;
    for (int i = 0; i < c->actions; i++) {
        const char *name = zy_face_action_name(c->action[i]);
        size_t name_n = strlen(name);
        if (n + name_n + 2 > CAPTURE_ACTIONS_MAX)
            break;
        if (i > 0)
            out[n++] = ',';
        memcpy(out + n, name, name_n);
        n += name_n;
    }
    out[n] = '\0';
}

zy_status capture_digest(const capture *c, uint8_t out[ZY_SM3_BYTES])
{
    zy_part parts[2 * ZY_FACE_ACTIONS_MAX * ZY_FACE_FRAMES_MAX];
    uint8_t lengths[ZY_FACE_ACTIONS_MAX * ZY_FACE_FRAMES_MAX][4];
    size_t n = 0;
    for (int i = 0; i < c->frames; i++) {
        for (int k = 0; k < 4; k++)
            lengths[i][k] = (uint8_t)(c->frame_n[i] >> (8 * (3 - k)));
        parts[n++] = (zy_part){ lengths[i], sizeof lengths[i] };
        parts[n++] = (zy_part){ c->frame[i], c->frame_n[i] };
    }
    return zy_sm3(parts, n, out);
}
