/* The demo desk: one page on loopback with the phone client in a frame, the SMS inbox, the demo logins and staff codes. */
#pragma once

#include "base/json.h"
#include "net/net.h"

/* --- people.c: what demo.json says --- */
/* {"customers","staff":[{user,password,role,name,code,seconds}],"console"} with the current codes; ZY_IO_ERROR. */
ZY_CHECKED zy_status desk_people(const char *home, zy_json **ret_people, zy_err *err);
/* demo.json itself. */
ZY_CHECKED zy_status desk_demo(const char *home, zy_json **ret_demo, zy_err *err);

/* --- proxy.c: everything else is the customers' door's --- */
typedef struct desk_proxy {
    char customer[256]; /* "https://127.0.0.1:8443" */
    char ca[4200];
} desk_proxy;
void desk_proxy_serve(zy_http *http, void *proxy);

/* --- inbox.c: texts as they come --- */
ZY_CHECKED zy_status desk_inbox_start(const char *mailbox, zy_err *err);
void desk_inbox_stop(void);
void desk_inbox_serve(zy_http *http, void *unused); /* server-sent events "sms" */

/* --- simcard.c: {"phone"} of the SIM card in the phone, read and changed; ZY_NOT_FOUND where nobody plays the carrier */
void desk_simcard_serve(zy_http *http, void *home);

/* --- tokens.c: the demo's dynamic tokens; home: the bank's (char *) --- */
void desk_tokens_serve(zy_http *http, void *home);
