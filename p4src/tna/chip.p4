// Parameters of the chip and of the switch's cabling. To override them:
// make p4-tofino P4FLAGS='-DOUM_CPU_PORT=192 -DOUM_SEQUENCER_PIPE=1'.

#ifndef OUM_CPU_PORT
#define OUM_CPU_PORT 320 /* the PCIe port of a Tofino with four pipes; 192 with two */
#endif

#ifndef OUM_SEQUENCER_PIPE
#define OUM_SEQUENCER_PIPE 0
#endif

// The chip's number of CPU_PORT.
const port_t TOFINO_CPU_PORT = OUM_CPU_PORT;

// The pipe whose packets are stamped. Each pipe has registers of its own, so all ports by which
// unstamped packets reach a sequencer must be in this pipe.
const bit<2> OUM_PIPE = OUM_SEQUENCER_PIPE;
