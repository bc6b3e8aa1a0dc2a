/* What a client says it encrypted. The first byte chooses: the bytes as a cipher, or as the
 * plaintext that we encrypt ourselves, so that the checks behind the decryption are reached.
 * Property: only a message of the one right shape opens, and nothing is written otherwise. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/internal.h"
#include "crypto/keys.h"

static const uint8_t CHALLENGE[16] = "0123456789abcde";

static zy_keys *service(zy_sm2_pub **ret_pub)
{
    char folder[] = "/tmp/zy-fuzz-XXXXXX", path[64] = {0};
    zy_keys *keys = NULL;
    uint8_t point[ZY_SM2_PUB_BYTES];
    assert(mkdtemp(folder) != NULL);
    memcpy(path, folder, sizeof folder - 1);
    memcpy(path + sizeof folder - 1, "/k", 3);
    assert(zy_keys_create(path, ZY_STR("fuzz passphrase"), zy_clock_system(), NULL) == ZY_OK);
    assert(zy_keys_open(path, ZY_STR("fuzz passphrase"), &keys, NULL) == ZY_OK);
    assert(zy_keys_public(keys, ZY_KEY_PASSWORD_BOX, 1, point) == ZY_OK);
    assert(zy_sm2_pub_from(point, sizeof point, ret_pub) == ZY_OK);
    (void)unlink(path);
    (void)rmdir(folder);
    return keys;
}

static void check_opened(const uint8_t *plain, size_t n, const zy_secret *s)
{
    static const uint8_t ZEROS[64];
    assert(n == 82 && memcmp(plain, CHALLENGE, 16) == 0 && plain[16] == 1);
    assert(s->n == plain[17] && s->n > 0 && s->n <= 64);
    assert(memcmp(s->bytes, plain + 18, s->n) == 0);
    assert(memcmp(plain + 18 + s->n, ZEROS, 64 - s->n) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static zy_sm2_pub *pub;
    static zy_keys *keys;
    if (keys == NULL)
        keys = service(&pub);
    if (size < 2)
        return 0;
    zy_secret s = {.n = 77};
    if ((data[0] & 1) == 0) {
        assert(zy_secret_open(keys, 1, data + 1, size - 1, CHALLENGE, 1, &s) == ZY_CHALLENGE_BAD &&
               s.n == 77);
        return 0;
    }
    ZY_AUTO_BUF cipher = {0};
    if (zy_sm2_encrypt(pub, data + 1, size - 1, &cipher) != ZY_OK)
        return 0;
    if (zy_secret_open(keys, 1, cipher.p, cipher.n, CHALLENGE, 1, &s) == ZY_OK)
        check_opened(data + 1, size - 1, &s);
    else
        assert(s.n == 77);
    return 0;
}
