/* Network addresses as 16 bytes (IPv4 mapped into IPv6), networks, and who asked through a proxy. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/str.h"

typedef struct zy_address {
    uint8_t b[16];
} zy_address;

typedef struct zy_network {
    zy_address base;
    unsigned bits; /* of 128 */
} zy_network;

#define ZY_ADDRESS_TEXT_MAX 48
#define ZY_PROXIES_MAX      32

/* "127.0.0.1", "::1", "::ffff:10.0.0.1"; no port, no brackets, no scope. ZY_BAD_FIELD. */
ZY_CHECKED zy_status zy_address_parse(zy_str text, zy_address *ret_address);
/* An address, or address/bits. ZY_BAD_FIELD. */
ZY_CHECKED zy_status zy_network_parse(zy_str text, zy_network *ret_network);
bool zy_network_has(const zy_network *network, const zy_address *address);
/* A mapped IPv4 address prints as IPv4. */
void zy_address_format(const zy_address *address, char out[ZY_ADDRESS_TEXT_MAX]);
void zy_address_of_socket(const struct sockaddr *sa, zy_address *ret_address);
bool zy_address_is_internal(const zy_address *address);
/* What counts as one client: an IPv4 address, or the /64 of an IPv6 address. */
zy_address zy_address_client_key(const zy_address *address);

/* The client behind our proxies: `forwarded` is the X-Forwarded-For list, read from its end; the
 * first entry that is no trusted proxy is the client. An entry that is no address ends the walk, and
 * the last trusted hop is answered. */
zy_address zy_address_forwarded(const zy_address *peer, zy_str forwarded, const zy_network *trusted,
                                size_t trusted_count);
bool zy_networks_have(const zy_network *networks, size_t count, const zy_address *address);
