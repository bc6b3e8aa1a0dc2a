#include "provider.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "connector/face.h"

#define SEEN_MAX      4096
#define FORGOTTEN_MAX 1024
#define SALT_BYTES    8
#define MARK          "ZY-FACE "
#define SCORE_SAME    9650
#define SCORE_OTHER   1200

static struct {
    pthread_mutex_t lock;
    struct {
        uint8_t digest[ZY_SM3_BYTES];
        size_t question;
    } seen[SEEN_MAX]; /* pictures: one that came before is a replay */
    size_t seen_count, questions;
    char forgotten[FORGOTTEN_MAX][ZY_FACE_NUMBER_MAX];
    size_t forgotten_count;
} memory = { .lock = PTHREAD_MUTEX_INITIALIZER };

void face_provider_reset(void)
{
    pthread_mutex_lock(&memory.lock);
    memory.seen_count = memory.forgotten_count = 0;
    pthread_mutex_unlock(&memory.lock);
}

static size_t next_question(void)
{
    pthread_mutex_lock(&memory.lock);
    size_t number = ++memory.questions;
    pthread_mutex_unlock(&memory.lock);
    return number;
}

/* True when it has come before, in this question or, with a mark, in any; remembers it. */
static bool is_replay(zy_str picture, bool marked, size_t question)
{
    uint8_t digest[ZY_SM3_BYTES];
    bool found = zy_sm3(ZY_PARTS(ZY_PART_STR(picture)), digest) != ZY_OK;
    pthread_mutex_lock(&memory.lock);
    size_t kept = memory.seen_count < SEEN_MAX ? memory.seen_count : SEEN_MAX;
    for (size_t i = 0; i < kept && !found; i++)
        found = (marked || memory.seen[i].question == question) && memcmp(memory.seen[i].digest, digest, sizeof digest) == 0;
    size_t at = memory.seen_count++ % SEEN_MAX;
    memcpy(memory.seen[at].digest, digest, sizeof digest);
    memory.seen[at].question = question;
    pthread_mutex_unlock(&memory.lock);
    return found;
}

/* --- references: <salt>.<HMAC of salt and number>, so that the program needs no file of people --- */

static zy_status reference_of(zy_str salt, zy_str id_no, char out[ZY_FACE_NUMBER_MAX])
{
    static const uint8_t KEY[ZY_SM3_BYTES] = "a simulator keeps no real person";
    uint8_t mac[ZY_SM3_BYTES];
    char hex[2 * ZY_SM3_BYTES + 1];
    ZY_TRY(zy_hmac_sm3(KEY, sizeof KEY, ZY_PARTS(ZY_PART_STR(salt), ZY_PART_STR(id_no)), mac));
    zy_hex_encode(mac, sizeof mac, hex);
    snprintf(out, ZY_FACE_NUMBER_MAX, ZY_STR_FMT ".%.40s", ZY_STR_ARG(salt), hex);
    return ZY_OK;
}

static bool is_reference_of(zy_str reference, zy_str id_no)
{
    char want[ZY_FACE_NUMBER_MAX];
    return reference.n > 2 * SALT_BYTES && reference_of(zy_str_sub(reference, 0, 2 * SALT_BYTES), id_no, want) == ZY_OK &&
           zy_str_eq_c(reference, want);
}

static bool is_forgotten(zy_str reference)
{
    bool found = false;
    pthread_mutex_lock(&memory.lock);
    for (size_t i = 0; i < memory.forgotten_count && !found; i++)
        found = zy_str_eq_c(reference, memory.forgotten[i]);
    pthread_mutex_unlock(&memory.lock);
    return found;
}

/* --- pictures --- */

typedef struct mark {
    bool there;
    zy_str person, action;
    bool live;
} mark;

/* The value of `name=` up to the next ';'. */
static zy_str member(zy_str text, const char *name)
{
    size_t n = strlen(name);
    for (size_t i = 0; i + n <= text.n; i++) {
        if (memcmp(text.p + i, name, n) != 0)
            continue;
        zy_str rest = zy_str_sub(text, i + n, text.n);
        const char *end = memchr(rest.p, ';', rest.n);
        return zy_str_sub(rest, 0, end != NULL ? (size_t)(end - rest.p) : rest.n);
    }
    return (zy_str){ 0 };
}

/* The comment (FF FE) of a JPEG, among the segments before its picture data. */
static mark read_mark(zy_str jpeg)
{
    const uint8_t *b = (const uint8_t *)jpeg.p;
    for (size_t i = 2; i + 4 <= jpeg.n && b[i] == 0xff && b[i + 1] != 0xda;) {
        size_t n = (size_t)b[i + 2] << 8 | b[i + 3];
        if (n < 2 || i + 2 + n > jpeg.n)
            break;
        zy_str text = zy_str_sub(jpeg, i + 4, n - 2);
        if (b[i + 1] == 0xfe && text.n > sizeof MARK - 1 && memcmp(text.p, MARK, sizeof MARK - 1) == 0)
            return (mark){ true, member(text, "person="), member(text, "action="), zy_str_eq_c(member(text, "live="), "1") };
        i += 2 + n;
    }
    return (mark){ .there = false };
}

void face_picture_write(const char *person, const char *action, bool live, unsigned serial, zy_buf *out)
{
    char text[200];
    int n = snprintf(text, sizeof text, MARK "person=%s;action=%s;live=%d;serial=%u;", person, action, live, serial);
    zy_buf_add(out, "\xff\xd8\xff\xfe", 4);
    zy_buf_char(out, (char)((n + 2) >> 8));
    zy_buf_char(out, (char)((n + 2) & 0xff));
    zy_buf_add(out, text, (size_t)n);
    zy_buf_add(out, "\xff\xd9", 2);
}

typedef struct looked {
    bool match, live;
} looked;

typedef struct look {
    const face_provider *provider;
    zy_str id_no, reference; /* who is asked for: one of them */
    size_t question;
    looked *ret;
} look;

static bool is_person(const look *l, const mark *m)
{
    if (!m->there)
        return l->provider->camera_is_genuine;
    return l->id_no.n > 0 ? zy_str_eq(m->person, l->id_no) : is_reference_of(l->reference, m->person);
}

static zy_status look_at(const look *l, zy_str text, zy_str action)
{
    uint8_t picture[ZY_FACE_FRAME_MAX];
    size_t n = 0;
    ZY_TRY(zy_base64_decode(text, picture, sizeof picture, &n));
    zy_str jpeg = zy_str_bytes(picture, n);
    if (n < 4 || picture[0] != 0xff || picture[1] != 0xd8)
        return ZY_BAD_REQUEST;
    mark m = read_mark(jpeg);
    l->ret->match &= is_person(l, &m);
    l->ret->live &= !is_replay(jpeg, m.there, l->question) && (!m.there || (m.live && zy_str_eq(m.action, action)));
    zy_wipe(picture, n);
    return ZY_OK;
}

static zy_status look_at_all(const look *l, const zy_json *question, zy_err *err)
{
    const zy_json *actions = zy_json_get(question, "actions");
    *l->ret = (looked){ true, true };
    for (size_t i = 0; i < zy_json_count(actions); i++) {
        const zy_json *one = zy_json_at(actions, i), *frames = zy_json_get(one, "frames");
        zy_str action, text;
        if (!zy_json_str(one, "action", &action) || zy_json_count(frames) == 0)
            return zy_fail(err, ZY_BAD_REQUEST, NULL, "an action without a name or pictures");
        for (size_t k = 0; k < zy_json_count(frames); k++)
            if (!zy_json_as_str(zy_json_at(frames, k), &text) || look_at(l, text, action) != ZY_OK)
                return zy_fail(err, ZY_BAD_REQUEST, NULL, "a picture that is none");
    }
    return zy_json_count(actions) > 0 ? ZY_OK : zy_fail(err, ZY_BAD_REQUEST, NULL, "a question without actions");
}

/* --- the three questions --- */

static void write_verdict(const looked *l, zy_str id, zy_json *answer)
{
    zy_json_set_bool(answer, "match", l->match);
    zy_json_set_bool(answer, "live", l->live);
    zy_json_set_int(answer, "score", l->match ? SCORE_SAME : SCORE_OTHER);
    zy_json_set_str(answer, "number", zy_str_sub(id, 0, 16));
}

static zy_status enrol(void *arg, const zy_json *question, zy_json *ret_answer, zy_err *err)
{
    uint8_t salt[SALT_BYTES];
    char hex[2 * SALT_BYTES + 1], reference[ZY_FACE_NUMBER_MAX];
    zy_str id, name;
    looked found;
    look l = { .provider = arg, .ret = &found, .question = next_question() };
    if (!zy_json_str(question, "id", &id) || !zy_json_str(question, "name", &name) || name.n == 0 ||
        !zy_json_str(question, "id_no", &l.id_no) || l.id_no.n == 0)
        return zy_fail(err, ZY_BAD_REQUEST, NULL, "a question without name and id_no");
    ZY_TRY(look_at_all(&l, question, err));
    write_verdict(&found, id, ret_answer);
    if (!found.match || !found.live)
        return ZY_OK;
    ZY_TRY(zy_random(salt, sizeof salt));
    zy_hex_encode(salt, sizeof salt, hex);
    ZY_TRY(reference_of(zy_str_of(hex), l.id_no, reference));
    zy_json_set_c(ret_answer, "reference", reference);
    return ZY_OK;
}

static zy_status check(void *arg, const zy_json *question, zy_json *ret_answer, zy_err *err)
{
    zy_str id;
    looked found;
    look l = { .provider = arg, .ret = &found, .question = next_question() };
    if (!zy_json_str(question, "id", &id) || !zy_json_str(question, "reference", &l.reference) || l.reference.n == 0)
        return zy_fail(err, ZY_BAD_REQUEST, NULL, "a question without reference");
    ZY_TRY(look_at_all(&l, question, err));
    found.match &= !is_forgotten(l.reference);
    write_verdict(&found, id, ret_answer);
    return ZY_OK;
}

static zy_status forget(void *arg, const zy_json *question, zy_json *ret_answer, zy_err *err)
{
    (void)arg;
    zy_str reference;
    if (!zy_json_str(question, "reference", &reference) || reference.n == 0 || reference.n >= ZY_FACE_NUMBER_MAX)
        return zy_fail(err, ZY_BAD_REQUEST, NULL, "a question without reference");
    bool known = is_forgotten(reference);
    zy_status status = ZY_OK;
    pthread_mutex_lock(&memory.lock);
    if (!known && memory.forgotten_count < FORGOTTEN_MAX)
        status = zy_str_copy(reference, memory.forgotten[memory.forgotten_count++], ZY_FACE_NUMBER_MAX);
    else if (!known)
        status = ZY_BUSY;
    pthread_mutex_unlock(&memory.lock);
    zy_json_set_bool(ret_answer, "forgotten", status == ZY_OK);
    return status;
}

void face_provider_system(face_provider *provider, sim_system *s)
{
    *s = (sim_system){
        .name = "face", .asks = ZY_FACE_ASKS, .answers = ZY_FACE_ANSWERS, .question_max = ZY_FACE_QUESTION_MAX,
        .questions = { { ZY_FACE_PATH_ENROL, enrol }, { ZY_FACE_PATH_CHECK, check }, { ZY_FACE_PATH_FORGET, forget } },
        .question_count = 3, .arg = provider,
    };
}
