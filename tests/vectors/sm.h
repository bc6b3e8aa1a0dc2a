/* Known answers of the algorithms. Sources: SM3 GM/T 0004-2012 (GB/T 32905-2016) annex A; SM4-GCM
 * RFC 8998 A.1; SM2 GB/T 32918.5-2017 annexes A and C (GM/T 0003.5, recommended curve); one-time
 * codes GM/T 0021-2012 annex (GB/T 38556 has taken it over; time step of one second), whose times,
 * counters, challenges and codes also stand in GmSSL's test/otptest.c; TOTP RFC 6238 appendix B, last six digits.
 * The others have no published answers on SM3 and were computed by libgcrypt and by Python over
 * OpenSSL, which agree. */
#pragma once

#include <stdint.h>

static const struct {
    const char *message, *digest;
} ZY_SM3_VECTORS[] = {
    {"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"},
    {"abcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcd",
     "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"},
    {"", "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b"},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaa",
     "a8da99c801bbd65ec00992ed5cbef851f275e98da9fb2d4f5be184f81473d5dd"},
};

static const struct {
    const char *key, *message, *mac;
} ZY_HMAC_VECTORS[] = {
    {"0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20", "abc",
     "44809d3ff5336f44071be1917887380730ae145f940a53819279801784c65e17"},
    {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2"
     "e2f"
     "303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5"
     "e5f"
     "60616263",
     "message digest", "ce0c76c2b5d5b4721369b993f8408b442d87d01fe96dc5a988c1072155a1d8e0"},
};

#define ZY_HKDF_SALT "000102030405060708090a0b0c"
#define ZY_HKDF_IKM  "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"
#define ZY_HKDF_INFO "f0f1f2f3f4f5f6f7f8f9"
#define ZY_HKDF_PRK  "e0d6f7b0bd056327b7659f1f39ad850561fbcf4fb10fb58e88eafa55cf7cd01e"
#define ZY_HKDF_OKM                                                                                \
    "c69fe91b7aaee2dd5718d72dcaee0cce93f1b8e41f792da51261b6a517e68b36ed2c595572b01dfa359b"

static const struct {
    const char *secret, *salt;
    unsigned rounds;
    const char *out;
} ZY_PBKDF2_VECTORS[] = {
    {"password", "salt", 2, "fee723a2bc966e11dffb66133f4e8df577383c78ade30e3298edbd3e54ed85b7"},
    {"passwordPASSWORDpassword", "saltSALTsaltSALTsaltSALTsaltSALTsalt", 4096,
     "3b6282ac8519f059e465abff0ea37b0dbfe6c672a76e6b805312d53900db630732ccc1a88fa5512a"},
};

/* The second to fourth: computed by OpenSSL 3.5. */
static const struct {
    const char *key, *iv, *aad, *plain, *sealed;
} ZY_GCM_VECTORS[] = {
    {"0123456789abcdeffedcba9876543210", "00001234567800000000abcd",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd"
     "eeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa",
     "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
     "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
     "83de3541e4c2b58177e065a9bf7b62ec"},
    {"0123456789abcdeffedcba9876543210", "000000000000000000000000", "616164", "",
     "a0b002df3d6db8e7936157e1bd6e3fd8"},
    {"0123456789abcdeffedcba9876543210", "000000000000000000000000", "", "",
     "4e595bf03f23bd10329baf5698e898ec"},
    {"0123456789abcdeffedcba9876543210", "000000000000000000000000", "",
     "787878787878787878787878787878787878787878787878787878787878787878",
     "cb6b147c36ed3055371d5611375f39b5d95d6a2df3769f2ae385df6d48b93899e20e5d3038e6b8dea29af97f83a01"
     "f1414"},
};

#define ZY_SM2_D "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"
#define ZY_SM2_P                                                                                   \
    "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"                           \
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
#define ZY_SM2_E "f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640"
#define ZY_SM2_SIG                                                                                 \
    "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"                             \
    "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
/* "encryption standard" */
#define ZY_SM2_CIPHER                                                                              \
    "307c022004ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73"                     \
    "022100e858f9d81e5430a57b36daab8f950a3c64e6ee6a63094d99283aff767e124df0"                       \
    "042059983c18f809e262923c53aec295d30383b54e39d609d160afcb1908d0bd8766"                         \
    "041321886ca989ca9c7d58087307ca93092d651efa"
/* Public key and shared X coordinate with scalar 7851...29b5. */
#define ZY_SM2_PEER                                                                                \
    "046ae848c57c53c7b1b5fa99eb2286af078ba64c64591b8b566f7357d576f16dfb"                           \
    "ee489d771621a27b36c5c7992062e9cd09a9264386f3fbea54dff69305621c4d"
#define ZY_SM2_SHARED         "217fcd6b00e7c5b7b6daad9c8c188df0557af0c93801fa788c6be24fd94562a9"
#define ZY_SM2_LARGEST_SCALAR "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54121"

static const struct {
    const char *why, *point;
} ZY_SM2_BAD_POINTS[] = {
    {"compressed", "0309f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"},
    {"hybrid", "0709f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020ccea490ce26775a52"
               "dc6ea718cc1aa"
               "600aed05fbf35e084a6632f6072da9ad13"},
    {"hybrid, other parity", "0609f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020cce"
                             "a490ce26775a52dc6ea718cc1aa"
                             "600aed05fbf35e084a6632f6072da9ad13"},
    {"infinity", "00"},
    {"infinity, padded", "0000000000000000000000000000000000000000000000000000000000000000000000000"
                         "00000000000000000000000"
                         "0000000000000000000000000000000000"},
    {"zero coordinates", "0400000000000000000000000000000000000000000000000000000000000000000000000"
                         "00000000000000000000000"
                         "0000000000000000000000000000000000"},
    {"off the curve", "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020ccea490ce2"
                      "6775a52dc6ea718cc1aa"
                      "600aed05fbf35e084a6632f6072da9ad14"},
    {"coordinate not reduced", "04fffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffffc"
                               "cea490ce26775a52dc6ea718cc1aa"
                               "600aed05fbf35e084a6632f6072da9ad13"},
    {"cut short", "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020ccea490ce26775"
                  "a52dc6ea718cc1aa"
                  "600aed05fbf35e084a6632f6072da9ad"},
    {"too long", "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020ccea490ce26775a"
                 "52dc6ea718cc1aa"
                 "600aed05fbf35e084a6632f6072da9ad1300"},
    {"coordinates swapped", "04ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad1309f9"
                            "df311e5421a150dd7d161e4bc5"
                            "c672179fad1833fc076bb08ff356f35020"},
};

static const char *const ZY_SM2_BAD_SCALARS[] = {
    /* 0, n-1, n, 2^256-1 */
    "0000000000000000000000000000000000000000000000000000000000000000",
    "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54122",
    "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
};

static const struct {
    const char *why, *der;
} ZY_SM2_BAD_DER[] = {
    {"empty", ""},
    {"one byte", "30"},
    {"not a sequence", "317c022004ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73022"
                       "100e858f9d81e5430a57b"
                       "36daab8f950a3c64e6ee6a63094d99283aff767e124df0042059983c18f809e262923c53aec"
                       "295d30383b54e39d609d1"
                       "60afcb1908d0bd8766041321886ca989ca9c7d58087307ca93092d651efa"},
    {"long form of a short length",
     "30817c022004ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73022100e858f9d81e543"
     "0a5"
     "7b36daab8f950a3c64e6ee6a63094d99283aff767e124df0042059983c18f809e262923c53aec295d30383b54e39d"
     "609"
     "d160afcb1908d0bd8766041321886ca989ca9c7d58087307ca93092d651efa"},
    {"length with leading zero",
     "3082007c022004ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73022100e858f9d81e5"
     "430"
     "a57b36daab8f950a3c64e6ee6a63094d99283aff767e124df0042059983c18f809e262923c53aec295d30383b54e3"
     "9d6"
     "09d160afcb1908d0bd8766041321886ca989ca9c7d58087307ca93092d651efa"},
    {"indefinite length", "3080022004ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73"
                          "022100e858f9d81e5430a57b"
                          "36daab8f950a3c64e6ee6a63094d99283aff767e124df0042059983c18f809e262923c53"
                          "aec295d30383b54e39d609d1"
                          "60afcb1908d0bd8766041321886ca989ca9c7d58087307ca93092d651efa"},
    {"three length bytes", "308300007c022004ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2"
                           "e149a73022100e858f9d81e54"
                           "30a57b36daab8f950a3c64e6ee6a63094d99283aff767e124df0042059983c18f809e26"
                           "2923c53aec295d30383b54e39"
                           "d609d160afcb1908d0bd8766041321886ca989ca9c7d58087307ca93092d651efa"},
    {"negative integer", "307b022004ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a730"
                         "220e858f9d81e5430a57b36"
                         "daab8f950a3c64e6ee6a63094d99283aff767e124df0042059983c18f809e262923c53aec"
                         "295d30383b54e39d609d160"
                         "afcb1908d0bd8766041321886ca989ca9c7d58087307ca93092d651efa"},
    {"padded integer", "307d02210004ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a730"
                       "22100e858f9d81e5430a5"
                       "7b36daab8f950a3c64e6ee6a63094d99283aff767e124df0042059983c18f809e262923c53a"
                       "ec295d30383b54e39d609"
                       "d160afcb1908d0bd8766041321886ca989ca9c7d58087307ca93092d651efa"},
    {"integer too wide", "307d02210104ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a7"
                         "3022100e858f9d81e5430a5"
                         "7b36daab8f950a3c64e6ee6a63094d99283aff767e124df0042059983c18f809e262923c5"
                         "3aec295d30383b54e39d609"
                         "d160afcb1908d0bd8766041321886ca989ca9c7d58087307ca93092d651efa"},
    {"empty integer", "305c0200022100e858f9d81e5430a57b36daab8f950a3c64e6ee6a63094d99283aff767e124d"
                      "f0042059983c18f809e2"
                      "62923c53aec295d30383b54e39d609d160afcb1908d0bd8766041321886ca989ca9c7d580873"
                      "07ca93092d651efa"},
    {"short hash", "307b022004ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73022100e"
                   "858f9d81e5430a57b"
                   "36daab8f950a3c64e6ee6a63094d99283aff767e124df0041f59983c18f809e262923c53aec295d"
                   "30383b54e39d609d1"
                   "60afcb1908d0bd87041321886ca989ca9c7d58087307ca93092d651efa"},
    {"empty cipher", "3069022004ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a7302210"
                     "0e858f9d81e5430a57b"
                     "36daab8f950a3c64e6ee6a63094d99283aff767e124df0042059983c18f809e262923c53aec29"
                     "5d30383b54e39d609d1"
                     "60afcb1908d0bd87660400"},
    {"no cipher", "3067022004ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73022100e8"
                  "58f9d81e5430a57b"
                  "36daab8f950a3c64e6ee6a63094d99283aff767e124df0042059983c18f809e262923c53aec295d3"
                  "0383b54e39d609d1"
                  "60afcb1908d0bd8766"},
    {"something behind", "307e022004ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a730"
                         "22100e858f9d81e5430a57b"
                         "36daab8f950a3c64e6ee6a63094d99283aff767e124df0042059983c18f809e262923c53a"
                         "ec295d30383b54e39d609d1"
                         "60afcb1908d0bd8766041321886ca989ca9c7d58087307ca93092d651efa0500"},
    {"inner length past the end", "307c022004ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd"
                                  "2e149a73022100e858f9d81e5430a57b"
                                  "36daab8f950a3c64e6ee6a63094d99283aff767e124df0042059983c18f809e2"
                                  "62923c53aec295d30383b54e39d609d1"
                                  "60afcb1908d0bd8766041421886ca989ca9c7d58087307ca93092d651efa"},
};

static const struct {
    const char *key;
    uint64_t t;
    uint32_t counter;
    const char *challenge, *code;
} ZY_OTP_VECTORS[] = {
    {"1234567890abcdef1234567890abcdef", 1313998979, 1234, "5678", "814095"},
    {"1234567890abcdefabcdef1234567890", 1313998995, 5621, "3698", "959691"},
    {"1234567890abcdef0987654321abcdef", 1313999014, 5621, "3698", "063014"},
    {"1234567890abcdefabcdef0987654321", 1313999047, 2053, "6984", "302593"},
    {"87524138025adcfe2584376195abfedc", 1313999067, 2058, "3024", "657337"},
    {"87524138025adcfeabfedc2584376195", 1313999098, 2056, "2018", "345821"},
    {"adcfe87524138025abfedc2584376195", 1313999131, 2358, "1036", "629660"},
    {"58ade3698fe280cb6925010dd236caef", 1313999155, 2547, "2058", "479821"},
    {"58ade365201d80cbdd236caef6925010", 1313999174, 6031, "2058", "893826"},
    {"65201d80cb58ade3dd236caef6925010", 1313999189, 6580, "1047", "607614"},
};

static const struct {
    int64_t unix_s;
    const char *code;
} ZY_TOTP_VECTORS[] = {
    {59, "287082"},         {1111111109, "081804"}, {1111111111, "050471"},
    {1234567890, "005924"}, {2000000000, "279037"}, {20000000000, "353130"},
};
