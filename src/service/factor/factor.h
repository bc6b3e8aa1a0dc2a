/* Factors: what a customer proves himself with, each registered by the room that owns it; and the policy: which
 * combinations of them a scene and an amount ask for (DECISIONS: transaction factor by amount; high-risk scenes). */
#pragma once

#include "api/api.h"

/* Knowledge, possession, inherence: two factors of one kind do not make each other stronger. */
typedef enum { ZY_FK_KNOWLEDGE = 1, ZY_FK_POSSESSION = 2, ZY_FK_INHERENCE = 4 } zy_factor_kind;

/* Bits as orders keep them: never used anew. In the order in which they are verified. */
enum {
    ZY_FACTOR_PAY_PASSWORD = 1,    /* transaction password */
    ZY_FACTOR_SMS = 2,             /* a code to the phone of the customer */
    ZY_FACTOR_LOGIN_PASSWORD = 4,
    ZY_FACTOR_DEVICE_KEY = 8,      /* signature of the bound device's key, released on the device */
    ZY_FACTOR_TOKEN = 16,          /* dynamic token, GB/T 38556 */
    ZY_FACTOR_SOFT_KEY = 32,       /* soft UKey: certificate and SM2 signature */
    ZY_FACTOR_GESTURE = 64,
    ZY_FACTOR_FACE = 128,          /* compared by a provider, with liveness */
    ZY_FACTOR_PASSKEY = 256,       /* WebAuthn */
    ZY_FACTOR_BLUETOOTH_KEY = 512,
    ZY_FACTOR_PHONE_SHIELD = 1024,
    ZY_FACTOR_CARRIER = 2048,      /* the carrier says that this phone number is this phone's */
};

/* What is being proven: an order, whose canonical text the customer saw. Signatures and codes are bound to the digest. */
typedef struct zy_factor_subject {
    zy_id customer, object;
    const uint8_t *digest;         /* SM3 of the text, 32 bytes */
    zy_str text;                   /* canonical; what a token's challenge is computed from */
    zy_str purpose;                /* Chinese, for a text message */
} zy_factor_subject;

/* The `value` of order.factor.verify. */
typedef struct zy_factor_value {
    bool has_secret;               /* {challenge_id, cipher}: a password */
    zy_str challenge_id, cipher;
    zy_str text;                   /* a code, or base64 of a signature */
} zy_factor_value;

typedef struct zy_factor {
    unsigned bit;
    const char *name;              /* "pay_password", as the wire says it */
    const char *title_zh, *title_en;
    zy_factor_kind kind;
    bool bound_device;             /* closed on a device that is not bound */
    bool sent_last;                /* something is sent to the customer: only after another factor was right (j225.6.3.2.c) */
    const char *cap_param;         /* most fen of one transaction that it may stand for, a parameter; NULL: no bound of its own */
    /* Can this customer use it now, on this device? NULL: everybody can. */
    zy_status (*enrolled)(zy_rtx *rtx, zy_env *env, const zy_caller *caller, bool *ret_enrolled, zy_err *err);
    /* Sends or draws what the customer answers to; fills the answer of factor.begin. NULL: nothing has to be sent. */
    zy_status (*begin)(zy_call *call, const zy_factor_subject *subject, zy_json *body, zy_err *err);
    /* ZY_FACTOR_WRONG, ZY_LOCKED, ZY_CODE_EXPIRED, ZY_CHALLENGE_BAD; counts failures in units of its own. What proves it
     * later (signature, certificate, provider's answer; never a secret) is set into evidence, and kept with the order. */
    zy_status (*check)(zy_call *call, const zy_factor_subject *subject, const zy_factor_value *value, zy_json *evidence, zy_err *err);
    /* Is kept evidence right, years later? NULL: there is nothing to be checked again. ZY_SIGNATURE_BAD. */
    zy_status (*verify_evidence)(zy_rtx *rtx, zy_env *env, const zy_factor_subject *subject, const zy_json *evidence, zy_err *err);
} zy_factor;

/* At start, by the owning room. ZY_CONFIG_BAD: bit or name taken, cap parameter unknown. */
ZY_CHECKED zy_status zy_factor_register(const zy_factor *factor);
const zy_factor *zy_factor_by_bit(unsigned bit);
const zy_factor *zy_factor_by_name(zy_str name); /* NULL: none */
/* Names of the bits in a mask, in the order of verification, joined by '+': "pay_password+sms". */
void zy_factor_mask_text(unsigned mask, zy_buf *out);
/* The factor of a mask that is verified first: what is sent to the customer comes last; 0 for an empty mask. */
unsigned zy_factor_next(unsigned mask);
/* 0: not a combination of registered factors. */
unsigned zy_factor_mask_parse(zy_str text);

/* --- Policy --- */
#define ZY_POLICY_OPTIONS_MAX 8
typedef struct zy_policy_options {
    unsigned mask[ZY_POLICY_OPTIONS_MAX]; /* [0] is what is asked for when the customer does not choose */
    int count;
} zy_policy_options;
/* The combinations of the scene's rule that this customer can use on this device for this amount (0: no money moves), as
 * policy.c's table says it or staff have set it: every factor is registered, switched on (factor.<name>.on), usable by the
 * customer on the device, and one of them may stand for the amount. What the customer chooses is one of these, so never
 * weaker than the rule; and what he allows of them by zy_preference_put is all that is left. ZY_TRANSFER_LIMIT: none may stand for this amount (go to the counter); ZY_FACTOR_MISSING: what is
 * asked for is not set up. scene: "transfer", "device.bind", …; an unknown one is ZY_INTERNAL. */
ZY_CHECKED zy_status zy_policy_ask(zy_rtx *rtx, zy_env *env, const zy_caller *caller, const char *scene, zy_money amount,
                                   zy_policy_options *ret_options, zy_err *err);
/* The most that a combination may stand for, in one transaction and in a day: that of its strongest factor. */
zy_money zy_policy_cap(zy_env *env, unsigned mask);
/* The rules in force: pushes {scene, title_zh, title_en, options, release, money, kinds, changed}. */
ZY_CHECKED zy_status zy_policy_list(zy_rtx *rtx, zy_json *ret_array, zy_err *err);
/* The registered factors: pushes {factor, title_zh, title_en, kind, on, sent_last, cap_fen}. */
void zy_policy_factors(zy_env *env, zy_json *ret_array);
zy_str zy_policy_scene_title(zy_str scene); /* Chinese; empty: no such scene */

/* --- What a customer allows of the policy: of a scene's combinations only these; never one that the policy does not have --- */
/* Pushes {scene, title_zh, title_en, chosen, options: [{factors, usable, allowed}]}. asked: is the scene asked for here? */
ZY_CHECKED zy_status zy_preference_list(zy_rtx *rtx, zy_env *env, const zy_caller *caller, bool (*asked)(zy_str scene),
                                        zy_json *ret_array, zy_err *err);
/* Is that a preference of this customer, and does it allow nothing that is not allowed now (raises)? options: "a+b|c+d", empty:
 * whatever the policy says. ret_options: the same in the spelling that is kept. ZY_NOT_FOUND: no such scene; ZY_BAD_FIELD: a
 * combination that the rule in force does not have; ZY_FACTOR_MISSING: nothing of it is set up. */
ZY_CHECKED zy_status zy_preference_check(zy_rtx *rtx, zy_env *env, const zy_caller *caller, zy_str scene, zy_str options,
                                         zy_buf *ret_options, bool *ret_raises, zy_err *err);
/* Keeps what was checked. */
ZY_CHECKED zy_status zy_preference_put(zy_tx *tx, zy_env *env, zy_id customer, zy_str scene, zy_str options, zy_err *err);
ZY_CHECKED zy_status zy_preference_forget(zy_tx *tx, zy_id customer, zy_err *err);

/* The approval kind that changes a rule: payload {scene, options: "pay_password+sms|pay_password+token"}. ZY_BAD_FIELD for what
 * the clauses do not allow: too few kinds, a biometric factor alone, a text message first, a factor that may stand for no
 * amount where money moves. */
extern const struct zy_approval_kind ZY_POLICY_CHANGE;
