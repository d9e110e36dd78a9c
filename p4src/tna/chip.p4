// What depends on the chip and on how the switch is cabled. Define them to override:
// make p4-tofino P4FLAGS='-DOUM_CPU_PORT=192 -DOUM_SEQUENCER_PIPE=1'.

#ifndef OUM_CPU_PORT
#define OUM_CPU_PORT 320 /* the PCIe port of a Tofino with four pipes; 192 with two */
#endif

#ifndef OUM_SEQUENCER_PIPE
#define OUM_SEQUENCER_PIPE 0
#endif

// CPU_PORT as the chip numbers it.
const port_t TOFINO_CPU_PORT = OUM_CPU_PORT;

// The one pipe whose packets are stamped. Registers are per pipe, so every port by which unstamped
// packets reach a sequencer must be in this one.
const bit<2> OUM_PIPE = OUM_SEQUENCER_PIPE;
