/* A forgotten login password by another way than the transaction password (service/face): who claims to be whom, and what follows
 * when he proved it. The rest is password.reset.finish. Somebody's and nobody's claims cost the same and look the same. */
#pragma once

#include "service/identity/login.h"

typedef struct zy_reset_claim_in {
    zy_str user;
    zy_secret_in id_no;
    captcha_in captcha;
    zy_device_in device;
} zy_reset_claim_in;
typedef struct zy_reset_claim {
    zy_id customer;                    /* 0: nobody, or not his id number */
    uint8_t name_index[ZY_SM3_BYTES];  /* of what was typed */
    char device_id[ZY_DEVICE_ID_MAX];  /* proven */
    bool bound;                        /* and bound by whom the name means */
} zy_reset_claim;
/* Captcha, name and id number; takes tries, as password.reset.start does. ZY_LOCKED; ZY_CAPTCHA_REQUIRED. */
ZY_CHECKED zy_status zy_reset_claim_begin(zy_call *call, const zy_reset_claim_in *in, zy_reset_claim *ret_claim, zy_err *err);
/* He is it: what waits for the code is kept and the code sent; fills {reset_id, phone, expires_at}. */
ZY_CHECKED zy_status zy_reset_claim_proven(zy_call *call, const zy_reset_claim *claim, zy_json *body, zy_err *err);
/* He is not: counts against his device and address. */
ZY_CHECKED zy_status zy_reset_claim_wrong(zy_call *call, const zy_reset_claim *claim, zy_err *err);
