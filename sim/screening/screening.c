/* zhangyin-screening: plays a bank's screening system, for demos and tests. Loopback only; who is on which list stands in a file
 * like that of the `list` connector. */
#include "connector/screening_internal.h"
#include "../system/system.h"

static const char *people;

static zy_status look_up(zy_str id_no, zy_screening_result *ret_result, zy_err *err)
{
    ZY_AUTO_SECRET_BUF text = { .max = SCREENING_LIST_MAX_BYTES };
    screening_list list = { 0 };
    ZY_TRY(sim_read_file(people, &text, err));
    ZY_TRY(screening_list_parse(zy_buf_view(&text), &list, err));
    screening_list_find(&list, id_no, ret_result);
    screening_list_free(&list);
    return ZY_OK;
}

static zy_status screen(void *arg, const zy_json *question, zy_json *ret_answer, zy_err *err)
{
    (void)arg;
    zy_str id, id_no;
    zy_screening_result r;
    if (!zy_json_str(question, "id", &id) || !zy_json_str(question, "id_no", &id_no))
        return zy_fail(err, ZY_BAD_REQUEST, NULL, "a question without id_no");
    ZY_TRY(look_up(id_no, &r, err));
    zy_json_set_bool(ret_answer, "blacklisted", r.blacklisted);
    zy_json_set_c(ret_answer, "grade", zy_aml_grade_name(r.grade));
    zy_json_set_str(ret_answer, "reference", zy_str_sub(id, 0, 12));
    return ZY_OK;
}

int main(int argc, char **argv)
{
    sim_system system = {
        .name = "screening", .asks = ZY_SCREENING_ASKS, .answers = ZY_SCREENING_ANSWERS, .question_max = 4096,
        .questions = { { "/screen", screen } }, .question_count = 1, .options = { { "--people", &people } }, .option_count = 1,
        .usage = "usage: zhangyin-screening --port PORT --key FILE --people FILE\n"
                 "Answers questions of a bank's screening connector `http` on 127.0.0.1:PORT. FILE of people: lines of\n"
                 "`blacklist|high|medium NUMBER`; it is read at each question.\n",
    };
    return sim_main(&system, argc, argv);
}
