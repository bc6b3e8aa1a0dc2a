#include "net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "net/net.h"

#define MAPPED_BITS 96
static const uint8_t MAPPED[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

/* Loopback, RFC 1918, RFC 4193 and link-local, in the 128-bit form. */
static const zy_network INTERNAL[] = {
    { { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127 } }, MAPPED_BITS + 8 },
    { { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10 } }, MAPPED_BITS + 8 },
    { { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 172, 16 } }, MAPPED_BITS + 12 },
    { { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 168 } }, MAPPED_BITS + 16 },
    { { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 169, 254 } }, MAPPED_BITS + 16 },
    { { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 } }, 128 },
    { { { 0xfc } }, 7 },
    { { { 0xfe, 0x80 } }, 10 },
};

static bool is_mapped(const zy_address *a)
{
    return memcmp(a->b, MAPPED, sizeof MAPPED) == 0;
}

zy_status zy_address_parse(zy_str text, zy_address *ret_address)
{
    char copy[ZY_ADDRESS_TEXT_MAX];
    if (text.n == 0 || zy_str_copy(text, copy, sizeof copy) != ZY_OK)
        return ZY_BAD_FIELD;
    zy_address a = { { 0 } };
    memcpy(a.b, MAPPED, sizeof MAPPED);
    if (inet_pton(AF_INET, copy, a.b + sizeof MAPPED) != 1 && inet_pton(AF_INET6, copy, a.b) != 1)
        return ZY_BAD_FIELD;
    *ret_address = a;
    return ZY_OK;
}

static void clear_host_bits(zy_address *a, unsigned bits)
{
    for (unsigned i = 0; i < 16; i++) {
        if (bits >= (i + 1) * 8)
            continue;
        unsigned keep = bits > i * 8 ? bits - i * 8 : 0;
        a->b[i] = (uint8_t)(a->b[i] & (0xff00U >> keep));
    }
}

zy_status zy_network_parse(zy_str text, zy_network *ret_network)
{
    zy_network network = { .bits = 128 };
    zy_str rest = text, address, bits_text;
    if (!zy_str_next(&rest, '/', &address))
        return ZY_BAD_FIELD;
    ZY_TRY(zy_address_parse(address, &network.base));
    if (zy_str_next(&rest, '/', &bits_text)) {
        uint64_t bits;
        unsigned offset = is_mapped(&network.base) ? MAPPED_BITS : 0;
        ZY_TRY(zy_str_u64(bits_text, &bits));
        if (bits > 128 - offset || rest.n > 0)
            return ZY_BAD_FIELD;
        network.bits = offset + (unsigned)bits;
        clear_host_bits(&network.base, network.bits);
    }
    *ret_network = network;
    return ZY_OK;
}

bool zy_network_has(const zy_network *network, const zy_address *address)
{
    zy_address masked = *address;
    clear_host_bits(&masked, network->bits);
    return memcmp(masked.b, network->base.b, sizeof masked.b) == 0;
}

bool zy_networks_have(const zy_network *networks, size_t count, const zy_address *address)
{
    for (size_t i = 0; i < count; i++) {
        if (zy_network_has(&networks[i], address))
            return true;
    }
    return false;
}

void zy_address_format(const zy_address *address, char out[ZY_ADDRESS_TEXT_MAX])
{
    out[0] = '\0';
    if (is_mapped(address))
        inet_ntop(AF_INET, address->b + sizeof MAPPED, out, ZY_ADDRESS_TEXT_MAX);
    else
        inet_ntop(AF_INET6, address->b, out, ZY_ADDRESS_TEXT_MAX);
}

void zy_address_of_socket(const struct sockaddr *sa, zy_address *ret_address)
{
    zy_address a = { { 0 } };
    if (sa->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, sa, sizeof in);
        memcpy(a.b, MAPPED, sizeof MAPPED);
        memcpy(a.b + sizeof MAPPED, &in.sin_addr, 4);
    } else if (sa->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, sa, sizeof in6);
        memcpy(a.b, &in6.sin6_addr, 16);
    }
    *ret_address = a;
}

bool zy_address_is_internal(const zy_address *address)
{
    return zy_networks_have(INTERNAL, ZY_COUNT(INTERNAL), address);
}

bool zy_net_is_internal(zy_str address)
{
    zy_address a;
    return zy_address_parse(address, &a) == ZY_OK && zy_address_is_internal(&a);
}

zy_address zy_address_client_key(const zy_address *address)
{
    zy_address key = *address;
    if (!is_mapped(address))
        clear_host_bits(&key, 64);
    return key;
}

/* Cuts the part behind the last comma off *list. */
static bool last_entry(zy_str *list, zy_str *ret_entry)
{
    if (list->n == 0)
        return false;
    size_t at = list->n;
    while (at > 0 && list->p[at - 1] != ',')
        at--;
    *ret_entry = zy_str_trim(zy_str_sub(*list, at, list->n - at));
    list->n = at > 0 ? at - 1 : 0;
    return true;
}

zy_address zy_address_forwarded(const zy_address *peer, zy_str forwarded, const zy_network *trusted,
                                size_t trusted_count)
{
    zy_address client = *peer, next;
    zy_str entry;
    while (zy_networks_have(trusted, trusted_count, &client) && last_entry(&forwarded, &entry) &&
           zy_address_parse(entry, &next) == ZY_OK)
        client = next;
    return client;
}
