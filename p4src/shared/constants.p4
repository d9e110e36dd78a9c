// Constants of the wire formats and of the contract between the data planes and their controller.
// They are the same for every architecture. ids.go repeats those that a controller needs.
#ifndef OUM_CONSTANTS_P4
#define OUM_CONSTANTS_P4

typedef bit<48> mac_addr_t;
typedef bit<32> ipv4_addr_t;
typedef bit<9>  port_t;

const bit<16> ETHERTYPE_IPV4 = 0x0800;
const bit<16> ETHERTYPE_ARP  = 0x0806;
const bit<16> ETHERTYPE_VLAN = 0x8100; // IEEE 802.1Q; the parser skips one tag

const bit<64> ARP_IPV4_REQUEST = 0x0001080006040001; // Ethernet, IPv4, lengths 6 and 4, request
const bit<16> ARP_REPLY        = 2;

const bit<8>  IP_PROTO_UDP       = 17;
const bit<16> IPV4_HEADER_LENGTH = 20; // without options

const bit<24> OUM_MAGIC_VERSION  = 0x4F5501; // "OU", version 1
const bit<16> OUM_MIN_UDP_LENGTH = 36; // UDP header 8, OUM header 28

// The port between data plane and controller. A packet-out to it returns as a packet-in.
// Start simple_switch_grpc with --cpu-port 510.
const port_t CPU_PORT = 510;

#endif
