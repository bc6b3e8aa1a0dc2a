/* The list of modules: every room's API tables and what it registers at start. */
#include "app/app.h"
#include "bank/account/account.h"
#include "bank/batch/batch.h"
#include "bank/directory/directory.h"
#include "bank/interbank/interbank.h"
#include "bank/phonepay/phonepay.h"
#include "bank/registration/registration.h"
#include "bank/route/route.h"
#include "bank/schedule/schedule.h"
#include "bank/security/cert_order.h"
#include "bank/security/security.h"
#include "bank/statement/statement.h"
#include "bank/transfer/transfer.h"
#include "flow/flow.h"
#include "office/console/console.h"
#include "office/staff/staff.h"
#include "service/cert/cert.h"
#include "service/document/document.h"
#include "service/face/face.h"
#include "service/identity/identity.h"
#include "service/notify/notify.h"
#include "service/token/token.h"

zy_status zy_app_register(zy_env *env, zy_api_registry *registry, zy_err *err)
{
    const struct {
        const zy_api *apis;
        size_t count;
    } tables[] = {
        { ZY_IDENTITY_APIS, ZY_IDENTITY_API_COUNT }, { ZY_DEVICE_APIS, ZY_DEVICE_API_COUNT },
        { ZY_PASSKEY_APIS, ZY_PASSKEY_API_COUNT },
        { ZY_NOTIFY_APIS, ZY_NOTIFY_API_COUNT },
        { ZY_ACCOUNT_APIS, ZY_ACCOUNT_API_COUNT },   { ZY_DOCUMENT_APIS, ZY_DOCUMENT_API_COUNT },
        { ZY_STATEMENT_APIS, ZY_STATEMENT_API_COUNT },   { ZY_TRANSFER_APIS, ZY_TRANSFER_API_COUNT },
        { ZY_DIRECTORY_APIS, ZY_DIRECTORY_API_COUNT }, { ZY_ROUTE_APIS, ZY_ROUTE_API_COUNT },
        { ZY_SCHEDULE_APIS, ZY_SCHEDULE_API_COUNT }, { ZY_BATCH_APIS, ZY_BATCH_API_COUNT },
        { ZY_PHONEPAY_APIS, ZY_PHONEPAY_API_COUNT }, { ZY_INTERBANK_APIS, ZY_INTERBANK_API_COUNT },
        { ZY_SECURITY_APIS, ZY_SECURITY_API_COUNT },
        { ZY_FLOW_APIS, ZY_FLOW_API_COUNT },         { ZY_STAFF_APIS, ZY_STAFF_API_COUNT },
        { ZY_CONSOLE_APIS, ZY_CONSOLE_API_COUNT },   { ZY_TOKEN_APIS, ZY_TOKEN_API_COUNT },
        { ZY_CERT_APIS, ZY_CERT_API_COUNT },         { ZY_CERT_ORDER_APIS, ZY_CERT_ORDER_API_COUNT },
        { ZY_REGISTRATION_APIS, ZY_REGISTRATION_API_COUNT }, { ZY_FACE_APIS, ZY_FACE_API_COUNT },
    };
    for (size_t i = 0; i < ZY_COUNT(tables); i++)
        ZY_TRY(zy_registry_add(registry, tables[i].apis, tables[i].count, err));
    ZY_TRY(zy_identity_factors_start(err));
    zy_document_start();
    zy_statement_start();
    ZY_TRY(zy_account_start(env, err));
    ZY_TRY(zy_directory_start(env, err));
    ZY_TRY(zy_route_start(env, err));
    ZY_TRY(zy_transfer_start(env, err));
    ZY_TRY(zy_schedule_start(env, err));
    ZY_TRY(zy_batch_start(env, err));
    zy_interbank_start();
    ZY_TRY(zy_phonepay_start(env, err));
    ZY_TRY(zy_security_start(env, err));
    ZY_TRY(zy_token_start(env, err));
    ZY_TRY(zy_cert_start(env, err));
    ZY_TRY(zy_face_start(env, err));
    ZY_TRY(zy_cert_order_start(env, err));
    ZY_TRY(zy_registration_start(env, err));
    ZY_TRY(zy_staff_start(env, err));
    return zy_console_start(env, registry, err);
}
