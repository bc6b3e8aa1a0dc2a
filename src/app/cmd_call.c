/* zhangyin call: any customer API over the real channel, as a customer of the demo bank. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/cmd.h"
#include "connector/sms.h"
#include "zyclient.h"

enum { HOME, USER, ID, PROVE, API, BODY };

#define DEMO_FILE_MAX  (64u << 20)
#define CODE_WAIT_S    10
#define SCALAR_BYTES   32
#define DEVICE_FILE    "call_device.key"
#define DEVICE_CELL    ((zy_cell){ "call_device", "key", { 1 } }) /* a cell outside the tables: it opens nowhere else */

/* What a call needs of a home, and who calls. */
typedef struct caller {
    zy_json *demo;
    zy_sm2_key *device;
    char mailbox[ZY_HOME_PATH_MAX], url[256], ca[ZY_HOME_PATH_MAX], user[64], password[72], pay_password[72], phone[24];
    zy_client_options options;
    zy_time code_at; /* of the newest code that was used; at first of the start */
} caller;

static void caller_wipe(caller *c)
{
    zy_json_free(c->demo);
    zy_sm2_key_free(c->device);
    zy_wipe(c, sizeof *c);
}

/* --- demo.json --- */

static zy_status read_demo(const char *home, zy_json **ret_demo, zy_err *err)
{
    char path[ZY_HOME_PATH_MAX], piece[65536];
    ZY_AUTO_SECRET_BUF text = { .max = DEMO_FILE_MAX };
    ZY_TRY(zy_app_path(home, "demo.json", path));
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return zy_fail(err, ZY_NOT_FOUND, NULL, "no demo.json in %.150s: only a demo bank tells its customers' passwords", home);
    for (size_t n; (n = fread(piece, 1, sizeof piece, file)) > 0;)
        zy_buf_add(&text, piece, n);
    fclose(file);
    zy_wipe(piece, sizeof piece);
    if (zy_buf_failed(&text) || zy_json_parse(zy_buf_view(&text), ret_demo) != ZY_OK)
        return zy_fail(err, ZY_CONFIG_BAD, NULL, "demo.json is damaged");
    return ZY_OK;
}

/* object[name] as a terminated text. */
static zy_status copy_member(const zy_json *object, const char *name, char *out, size_t size, zy_err *err)
{
    zy_str value;
    if (!zy_json_str(object, name, &value) || zy_str_copy(value, out, size) != ZY_OK)
        return zy_fail(err, ZY_CONFIG_BAD, name, "not in demo.json; is the server running on this home?");
    return ZY_OK;
}

static const zy_json *find_customer(const zy_json *demo, const char *user)
{
    const zy_json *customers = zy_json_get(demo, "customers");
    zy_str name;
    for (size_t i = 0; i < zy_json_count(customers); i++) {
        const zy_json *customer = zy_json_at(customers, i);
        if (user == NULL || (zy_json_str(customer, "user", &name) && zy_str_eq_c(name, user)))
            return customer;
    }
    return NULL;
}

static zy_status take_customer(caller *c, const char *user, zy_err *err)
{
    const zy_json *customer = find_customer(c->demo, user);
    if (customer == NULL)
        return zy_fail(err, ZY_NOT_FOUND, "--user", "demo.json has no such customer");
    ZY_TRY(copy_member(customer, "user", c->user, sizeof c->user, err));
    ZY_TRY(copy_member(customer, "password", c->password, sizeof c->password, err));
    ZY_TRY(copy_member(customer, "pay_password", c->pay_password, sizeof c->pay_password, err));
    return copy_member(customer, "phone", c->phone, sizeof c->phone, err);
}

static zy_status take_server(caller *c, zy_err *err)
{
    const zy_json *key = zy_json_get(c->demo, "server_key");
    char text[100];
    int64_t id = 0;
    size_t n = 0;
    ZY_TRY(copy_member(zy_json_get(c->demo, "doors"), "customer", c->url, sizeof c->url, err));
    ZY_TRY(copy_member(c->demo, "ca", c->ca, sizeof c->ca, err));
    ZY_TRY(copy_member(key, "public_key", text, sizeof text, err));
    if (!zy_json_int(key, "id", &id) || id < 1 || id > UINT16_MAX ||
        zy_base64_decode(zy_str_of(text), c->options.server_key, ZY_SM2_PUB_BYTES, &n) != ZY_OK || n != ZY_SM2_PUB_BYTES)
        return zy_fail(err, ZY_CONFIG_BAD, "server_key", "demo.json has no key of the server");
    c->options.server_key_id = (uint16_t)id;
    return ZY_OK;
}

/* --- the device's key: made at the first call, sealed with a key of the home --- */

static zy_status write_device(const char *path, const zy_buf *sealed, zy_err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return zy_fail(err, ZY_IO_ERROR, DEVICE_FILE, "cannot make it: %s", strerror(errno));
    bool good = write(fd, sealed->p, sealed->n) == (ssize_t)sealed->n && fsync(fd) == 0;
    close(fd);
    return good ? ZY_OK : zy_fail(err, ZY_IO_ERROR, DEVICE_FILE, "cannot write it");
}

static zy_status read_device(const char *path, zy_buf *sealed, zy_err *err)
{
    char bytes[SCALAR_BYTES + ZY_SEALED_EXTRA + 1];
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    bool good = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077) == 0;
    ssize_t n = good ? read(fd, bytes, sizeof bytes) : -1;
    if (fd >= 0)
        close(fd);
    if (n < 0)
        return zy_fail(err, ZY_IO_ERROR, DEVICE_FILE, "cannot be read, or others may read it (mode 0600 is needed)");
    zy_buf_add(sealed, bytes, (size_t)n);
    return ZY_OK;
}

static zy_status make_device(zy_keys *keys, const char *path, zy_sm2_key **ret_key, zy_err *err)
{
    uint8_t scalar[SCALAR_BYTES];
    ZY_AUTO_BUF sealed = { 0 };
    ZY_AUTO(zy_sm2_key_free) zy_sm2_key *key = NULL;
    ZY_TRY(zy_sm2_generate(&key));
    ZY_TRY(zy_sm2_to_scalar(key, scalar));
    zy_status status = zy_keys_seal(keys, ZY_KEY_TOKEN, DEVICE_CELL, scalar, sizeof scalar, &sealed);
    zy_wipe(scalar, sizeof scalar);
    ZY_TRY(status);
    ZY_TRY(write_device(path, &sealed, err));
    *ret_key = ZY_STEAL(key);
    return ZY_OK;
}

static zy_status load_device(zy_keys *keys, const char *path, zy_sm2_key **ret_key, zy_err *err)
{
    ZY_AUTO_BUF sealed = { 0 };
    ZY_AUTO_SECRET_BUF scalar = { 0 };
    ZY_TRY(read_device(path, &sealed, err));
    zy_status status = zy_keys_open_cell(keys, ZY_KEY_TOKEN, DEVICE_CELL, sealed.p, sealed.n, &scalar);
    if (status != ZY_OK || scalar.n != SCALAR_BYTES)
        return zy_fail(err, ZY_SIGNATURE_BAD, DEVICE_FILE, "it is not of this home; remove it to become a new device");
    return zy_sm2_from_scalar((const uint8_t *)scalar.p, ret_key);
}

/* The home is closed again before the call: the tools' lock is not held while the server answers. */
static zy_status take_home(caller *c, const char *home, zy_err *err)
{
    char path[ZY_HOME_PATH_MAX];
    ZY_AUTO(zy_app_close) zy_app *app = NULL;
    ZY_TRY(zy_app_open(home, ZY_APP_KEYS, &app, err));
    ZY_TRY(zy_str_copy(zy_config_text(app->config, "sms.mailbox"), c->mailbox, sizeof c->mailbox));
    ZY_TRY(zy_app_path(home, DEVICE_FILE, path));
    return access(path, F_OK) == 0 ? load_device(app->env.keys, path, &c->device, err)
                                   : make_device(app->env.keys, path, &c->device, err);
}

static zy_status caller_open(caller *c, const char *home, const char *user, zy_err *err)
{
    ZY_TRY(read_demo(home, &c->demo, err));
    ZY_TRY(take_server(c, err));
    ZY_TRY(take_customer(c, user, err));
    ZY_TRY(take_home(c, home, err));
    c->code_at = zy_clock_now(zy_clock_system());
    c->options.url = c->url;
    c->options.ca_file = c->ca;
    c->options.device_key = c->device;
    c->options.device_name = "zhangyin call";
    return ZY_OK;
}

/* --- the code by SMS --- */

static bool ask_terminal(const char *masked_phone, char code[16])
{
    if (!isatty(STDIN_FILENO))
        return false;
    fprintf(stderr, "code sent to %s: ", masked_phone);
    if (fgets(code, 16, stdin) == NULL)
        return false;
    code[strcspn(code, "\r\n")] = '\0';
    return true;
}

/* A code that came after the last one. */
static bool ask_code(void *arg, const char *masked_phone, char code[16])
{
    caller *c = arg;
    for (int tenths = 0; tenths < CODE_WAIT_S * 10; tenths++) {
        if (zy_mailbox_code(c->mailbox, zy_str_of(c->phone), &c->code_at, code) == ZY_OK)
            return true;
        usleep(100000);
    }
    return ask_terminal(masked_phone, code);
}

/* --- the call --- */

static zy_status find_api(const char *name, zy_class *ret_class, bool *ret_idempotent, zy_err *err)
{
    zy_env env = { .clock = zy_clock_system() };
    zy_api_registry *registry = NULL;
    ZY_TRY(zy_crypto_start(err));
    ZY_TRY(zy_registry_new(&env, &registry, err));
    zy_status status = zy_app_register(&env, registry, err);
    const zy_api *api = status == ZY_OK ? zy_registry_find(registry, ZY_DOOR_CUSTOMER, zy_str_of(name)) : NULL;
    if (api != NULL) {
        *ret_class = api->class;
        *ret_idempotent = api->idempotent;
    } else if (status == ZY_OK) {
        status = zy_fail(err, ZY_API_UNKNOWN, "API", "the customer door has no %.60s; zhangyin openapi lists them", name);
    }
    zy_registry_free(registry);
    return status;
}

static zy_status make_id(char out[40])
{
    uint8_t random[16];
    ZY_TRY(zy_random(random, sizeof random));
    zy_base64url_encode(random, sizeof random, out);
    return ZY_OK;
}

static zy_status call_and_prove(zy_client *client, caller *c, char **v, const char *id, const zy_json *body,
                                zy_json **ret_answer, zy_err *err)
{
    ZY_AUTO(zy_json_free) zy_json *answer = NULL;
    ZY_TRY(zy_client_call(client, v[API], id, body, &answer, err));
    if (v[PROVE] == NULL || !zy_client_is(answer, "OK")) {
        *ret_answer = ZY_STEAL(answer);
        return ZY_OK;
    }
    return zy_client_prove(client, answer, c->pay_password, ask_code, c, ret_answer, err);
}

static void log_out(zy_client *client)
{
    zy_err err = { 0 };
    zy_json *answer = NULL;
    if (zy_client_call(client, "auth.logout", NULL, NULL, &answer, &err) == ZY_OK) /* else it ends by itself when idle */
        zy_json_free(answer);
}

static zy_status run_call(caller *c, char **v, const zy_json *body, zy_json **ret_answer, zy_err *err)
{
    zy_class class = ZY_PUBLIC;
    bool idempotent = false, in = false;
    char made[40];
    const char *id = v[ID];
    ZY_AUTO(zy_client_free) zy_client *client = NULL;
    ZY_AUTO(zy_json_free) zy_json *answer = NULL;
    ZY_TRY(find_api(v[API], &class, &idempotent, err));
    if (idempotent && id == NULL) {
        ZY_TRY(make_id(made));
        id = made;
    }
    ZY_TRY(caller_open(c, cmd_home(v[HOME]), v[USER], err));
    ZY_TRY(zy_client_new(&c->options, &client, err));
    if (class != ZY_PUBLIC) {
        ZY_TRY(zy_client_login(client, c->user, c->password, ask_code, c, &answer, err));
        in = zy_client_is(answer, "OK");
        if (!in) {
            *ret_answer = ZY_STEAL(answer);
            return ZY_OK;
        }
    }
    zy_status status = call_and_prove(client, c, v, id, body, ret_answer, err);
    if (in)
        log_out(client);
    return status;
}

static int print_answer(const zy_json *answer)
{
    ZY_AUTO_BUF out = { .max = 16u << 20 };
    zy_json_write_pretty(answer, &out);
    printf(ZY_STR_FMT "\n", ZY_STR_ARG(zy_buf_view(&out)));
    return zy_client_is(answer, "OK") ? EXIT_DONE : EXIT_FAILED;
}

static int call(const cmd *c, char **v)
{
    zy_err err = { 0 };
    __attribute__((cleanup(caller_wipe))) caller who = { 0 };
    ZY_AUTO(zy_json_free) zy_json *body = NULL, *answer = NULL;
    if (v[API] == NULL) {
        fputs("zhangyin call: API is missing; zhangyin openapi lists them\n", stderr);
        return EXIT_USAGE;
    }
    if (v[BODY] != NULL && (zy_json_parse(zy_str_of(v[BODY]), &body) != ZY_OK || zy_json_type(body) != ZY_JSON_OBJECT)) {
        fputs("zhangyin call: JSON takes one object, as in '{\"limit\":5}'\n", stderr);
        return EXIT_USAGE;
    }
    zy_status status = run_call(&who, v, body, &answer, &err);
    return status == ZY_OK ? print_answer(answer) : cmd_failed(c->name, status, &err);
}

const cmd CMD_CALL = {
    "call", "calls an API of the customer door as a demo customer, over the secure channel", call,
    { [HOME] = { "--home", "DIR", "the demo bank's home (default: ZY_HOME, else var)" },
      [USER] = { "--user", "USER", "the customer (default: the first of demo.json)" },
      [ID] = { "--id", "ID", "idempotency id (default: a new one where the API asks for it)" },
      [PROVE] = { "--prove", NULL, "after X.prepare: verifies the factors and confirms the order" },
      [API] = { "API", NULL, "as in account.list" },
      [BODY] = { "JSON", NULL, "the body, an object (default: {})" } },
    "It logs in only when the API needs it and logs out again; an order lives and dies with its login, so carry it out\n"
    "with --prove. The answer is printed as JSON; exit code 0 means that its code is OK.\n",
};
