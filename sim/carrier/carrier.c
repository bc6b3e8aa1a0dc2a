/* zhangyin-carrier: plays the carriers' gateway for the own-number check, for demos and tests. Loopback only. */
#include "gateway.h"

static carrier_gateway gateway = { .sim = carrier_sim_of_file };

static zy_status start(zy_err *err)
{
    (void)err;
    gateway.clock = zy_clock_system();
    return ZY_OK;
}

int main(int argc, char **argv)
{
    sim_system system;
    carrier_gateway_system(&gateway, &system);
    system.options[0] = (sim_option){ "--sim", &gateway.path };
    system.option_count = 1;
    system.start = start;
    system.usage = "usage: zhangyin-carrier --port PORT --key FILE --sim FILE\n"
                   "Gives pages on 127.0.0.1:PORT/tokens a token for the number in FILE, which stands for the SIM card in the phone,\n"
                   "and answers questions of a bank's carrier connector `http`. FILE is read each time; empty: no SIM card.\n";
    return sim_main(&system, argc, argv);
}
