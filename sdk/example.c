/* The least that a native shell does: keeps its device's key, says hello to its bank, asks what the bank has to say.
 *
 *   zyclient-example https://127.0.0.1:8443 tls/server.pem 1 "<base64 of the server's public key>" device.key device.secret */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zyclient.h"
#include "zystore.h"

enum { URL = 1, CA, KEY_ID, KEY, DEVICE, SECRET, WORDS };

static zy_status open_client(char **v, zy_sm2_key **ret_device, zy_client **ret_client, zy_err *err)
{
    const zy_store_lock lock = { .key_file = v[SECRET] };
    zy_client_options options = { .url = v[URL], .ca_file = v[CA], .device_name = "example" };
    uint64_t key_id = 0;
    size_t n = 0;
    if (zy_str_u64(zy_str_of(v[KEY_ID]), &key_id) != ZY_OK || key_id == 0 || key_id > UINT16_MAX ||
        zy_base64_decode(zy_str_of(v[KEY]), options.server_key, sizeof options.server_key, &n) != ZY_OK ||
        n != sizeof options.server_key)
        return zy_fail(err, ZY_BAD_FIELD, NULL, "the server's key: a number and base64 of 65 bytes");
    ZY_TRY(zy_crypto_start(err));
    ZY_TRY(zy_store_device_key(v[DEVICE], &lock, ret_device, err));
    options.server_key_id = (uint16_t)key_id;
    options.device_key = *ret_device;
    return zy_client_new(&options, ret_client, err);
}

static zy_status run(char **v, zy_err *err)
{
    ZY_AUTO(zy_sm2_key_free) zy_sm2_key *device = NULL;
    ZY_AUTO(zy_client_free) zy_client *client = NULL;
    ZY_AUTO(zy_json_free) zy_json *body = NULL, *answer = NULL;
    ZY_AUTO_BUF text = { 0 };
    ZY_TRY(open_client(v, &device, &client, err));
    ZY_TRY(zy_json_parse(ZY_STR("{\"client\":{\"kind\":\"sdk\",\"version\":\"" ZY_VERSION "\"}}"), &body));
    ZY_TRY(zy_client_query(client, "app.bootstrap", body, &answer, err));
    zy_json_write_pretty(answer, &text);
    printf(ZY_STR_FMT "\n", ZY_STR_ARG(zy_buf_view(&text)));
    return ZY_OK;
}

int main(int argc, char **argv)
{
    zy_err err = { 0 };
    if (argc != WORDS) {
        fputs("usage: zyclient-example URL CA_FILE KEY_ID KEY_BASE64 DEVICE_FILE SECRET_FILE\n", stderr);
        return 2;
    }
    zy_status status = run(argv, &err);
    if (status != ZY_OK)
        fprintf(stderr, "%s: %s\n", zy_status_name(status), err.detail);
    return status == ZY_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
