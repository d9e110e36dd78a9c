// Headers on the wire, and headers between data plane and controller.
#ifndef OUM_HEADERS_P4
#define OUM_HEADERS_P4

#include "constants.p4"

@controller_header("packet_in")
@id(0x04000001)
header packet_in_header_t {
    @id(1) bit<16> ingress_port;
}

@controller_header("packet_out")
@id(0x04000002)
header packet_out_header_t {
    @id(1) bit<16> egress_port;
}

header ethernet_t {
    mac_addr_t dst_addr;
    mac_addr_t src_addr;
    bit<16>    ether_type;
}

// An 802.1Q tag, which leaves unchanged.
header vlan_t {
    bit<16> tag_control;
    bit<16> ether_type;
}

// ARP for IPv4 over Ethernet (RFC 826).
header arp_t {
    bit<16>     hardware_type;
    bit<16>     protocol_type;
    bit<8>      hardware_len;
    bit<8>      protocol_len;
    bit<16>     operation;
    mac_addr_t  sender_mac;
    ipv4_addr_t sender_ip;
    mac_addr_t  target_mac;
    ipv4_addr_t target_ip;
}

header ipv4_t {
    bit<4>      version;
    bit<4>      ihl;
    bit<8>      tos;
    bit<16>     total_len;
    bit<16>     identification;
    bit<1>      reserved;
    bit<1>      dont_fragment;
    bit<1>      more_fragments;
    bit<13>     frag_offset;
    bit<8>      ttl;
    bit<8>      protocol;
    bit<16>     checksum;
    ipv4_addr_t src_addr;
    ipv4_addr_t dst_addr;
}

header udp_t {
    bit<16> src_port;
    bit<16> dst_port;
    bit<16> length;
    bit<16> checksum;
}

// The OUM header, 28 bytes at the start of the UDP payload (oumlib/header.go). Senders set session,
// number and token to 0; the sequencer writes them and sets sequenced.
header oum_t {
    bit<16> magic;
    bit<8>  version;
    bit<7>  flags;
    bit<1>  sequenced;
    bit<32> group;
    bit<32> session;
    bit<64> number;
    bit<64> token;
}

#endif
