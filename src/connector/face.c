#include "connector/face.h"

#include <stdlib.h>

#include "connector/face_internal.h"
#include "connector/signed_http.h"

const zy_config_row ZY_FACE_CONFIG[] = {
    { "face.connector", ZY_C_CHOICE, "none", 0, 0, "none|http", "who compares faces: nobody, or a provider over HTTPS" },
    { "face.url", ZY_C_TEXT, "", 0, 500, NULL, "http: https URL of the provider (http only to this machine)" },
    { "face.key", ZY_C_SECRET_FILE, "face-key", 0, 0, NULL, "http: file (mode 0600) with the shared key, 16 bytes or more" },
};
const size_t ZY_FACE_CONFIG_COUNT = ZY_COUNT(ZY_FACE_CONFIG);

static const struct {
    const char *name;
    bool whole;
} ACTIONS[ZY_FACE_ACTION_KINDS] = {
    [ZY_FACE_BLINK] = { "blink", false },          [ZY_FACE_OPEN_MOUTH] = { "open_mouth", false }, [ZY_FACE_SMILE] = { "smile", false },
    [ZY_FACE_TURN_LEFT] = { "turn_left", true },   [ZY_FACE_TURN_RIGHT] = { "turn_right", true },  [ZY_FACE_NOD] = { "nod", true },
};

const char *zy_face_action_name(zy_face_action action)
{
    return ACTIONS[action].name;
}

bool zy_face_action_is_whole(zy_face_action action)
{
    return ACTIONS[action].whole;
}

/* --- which provider --- */

struct zy_face {
    signed_system *system;
};
/* Pictures are many bytes, and the provider looks at them: it may take longer than others. */
static const signed_kind KIND = {
    .name = "the face provider", .url = "face.url", .key = "face.key", .asks = ZY_FACE_ASKS, .answers = ZY_FACE_ANSWERS,
    .connect_ms = 3000, .total_ms = 10000, .at_once = 8,
};

zy_status zy_face_open(const zy_config *config, zy_face **ret_face, zy_err *err)
{
    *ret_face = NULL;
    if (zy_str_eq_c(zy_config_text(config, "face.connector"), "none"))
        return ZY_OK;
    zy_face *face = calloc(1, sizeof *face);
    if (face == NULL)
        return ZY_NO_MEMORY;
    zy_status status = signed_open(&KIND, config, &face->system, err);
    if (status != ZY_OK) {
        free(face);
        return status;
    }
    *ret_face = face;
    return ZY_OK;
}

void zy_face_free(zy_face *face)
{
    if (face == NULL)
        return;
    signed_free(face->system);
    free(face);
}

static zy_status ask(zy_face *face, const signed_question *question, void *ret, zy_err *err)
{
    if (face == NULL)
        return zy_fail(err, ZY_CONNECTOR_FAILED, NULL, "no provider compares faces for this bank (face.connector)");
    return signed_ask(face->system, question, ret, err);
}

/* --- questions --- */

static void write_text(zy_buf *out, const char *name, zy_str value)
{
    ZY_AUTO(zy_json_free) zy_json *text = zy_json_new_str(value);
    zy_buf_fmt(out, "\"%s\":", name);
    zy_json_write(text, out);
}

static void write_frame(zy_buf *out, zy_str frame)
{
    char text[4 * ((ZY_FACE_FRAME_MAX + 2) / 3) + 1];
    if (frame.n > ZY_FACE_FRAME_MAX) {
        out->failed = true;
        return;
    }
    zy_base64_encode(frame.p, frame.n, text);
    zy_buf_char(out, '"');
    zy_buf_c(out, text);
    zy_buf_char(out, '"');
    zy_wipe(text, sizeof text);
}

/* "actions":[{"action":"blink","frames":["…","…"]},…] */
static void write_pictures(zy_buf *out, const zy_face_pictures *p)
{
    zy_buf_c(out, ",\"actions\":[");
    for (int i = 0; i < p->actions; i++) {
        zy_buf_fmt(out, "%s{\"action\":\"%s\",\"frames\":[", i > 0 ? "," : "", zy_face_action_name(p->action[i]));
        for (int k = 0; k < ZY_FACE_FRAMES_MAX; k++) {
            if (k > 0)
                zy_buf_char(out, ',');
            write_frame(out, p->frame[i][k]);
        }
        zy_buf_c(out, "]}");
    }
    zy_buf_char(out, ']');
}

typedef struct face_question {
    zy_str reference, name, id_no;
    const zy_face_pictures *pictures;
} face_question;

static void write_enrol(zy_buf *out, const void *arg)
{
    const face_question *q = arg;
    write_text(out, "name", q->name);
    zy_buf_char(out, ',');
    write_text(out, "id_no", q->id_no);
    write_pictures(out, q->pictures);
}

static void write_check(zy_buf *out, const void *arg)
{
    const face_question *q = arg;
    write_text(out, "reference", q->reference);
    write_pictures(out, q->pictures);
}

static void write_forget(zy_buf *out, const void *arg)
{
    const face_question *q = arg;
    write_text(out, "reference", q->reference);
}

/* --- answers --- */

static bool read_number(const zy_json *answer, const char *name, char out[ZY_FACE_NUMBER_MAX])
{
    zy_str text;
    return zy_json_str(answer, name, &text) && text.n > 0 && zy_str_copy(text, out, ZY_FACE_NUMBER_MAX) == ZY_OK;
}

zy_status face_check_read(const zy_json *answer, void *ret_verdict)
{
    zy_face_verdict v = { .match = false };
    if (!zy_json_bool(answer, "match", &v.match) || !zy_json_bool(answer, "live", &v.live) ||
        !zy_json_int(answer, "score", &v.score) || v.score < 0 || v.score > ZY_FACE_SCORE_MAX ||
        !read_number(answer, "number", v.number))
        return ZY_BAD_REQUEST;
    *(zy_face_verdict *)ret_verdict = v;
    return ZY_OK;
}

zy_status face_enrol_read(const zy_json *answer, void *ret_verdict)
{
    zy_face_verdict v;
    ZY_TRY(face_check_read(answer, &v));
    if (v.match && v.live && !read_number(answer, "reference", v.reference))
        return ZY_BAD_REQUEST;
    *(zy_face_verdict *)ret_verdict = v;
    return ZY_OK;
}

static zy_status forget_read(const zy_json *answer, void *ret)
{
    (void)ret;
    bool forgotten = false;
    return zy_json_bool(answer, "forgotten", &forgotten) && forgotten ? ZY_OK : ZY_BAD_REQUEST;
}

/* --- the three calls --- */

zy_status zy_face_enrol(zy_face *face, zy_str name, zy_str id_no, const zy_face_pictures *pictures, zy_time now,
                        zy_face_verdict *ret_verdict, zy_err *err)
{
    const face_question q = { .name = name, .id_no = id_no, .pictures = pictures };
    const signed_question question = { ZY_FACE_PATH_ENROL, now, write_enrol, &q, face_enrol_read };
    return ask(face, &question, ret_verdict, err);
}

zy_status zy_face_check(zy_face *face, zy_str reference, const zy_face_pictures *pictures, zy_time now,
                        zy_face_verdict *ret_verdict, zy_err *err)
{
    const face_question q = { .reference = reference, .pictures = pictures };
    const signed_question question = { ZY_FACE_PATH_CHECK, now, write_check, &q, face_check_read };
    return ask(face, &question, ret_verdict, err);
}

zy_status zy_face_forget(zy_face *face, zy_str reference, zy_time now, zy_err *err)
{
    const face_question q = { .reference = reference };
    const signed_question question = { ZY_FACE_PATH_FORGET, now, write_forget, &q, forget_read };
    return ask(face, &question, NULL, err);
}
