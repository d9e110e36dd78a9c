// What the v1model pipeline carries with a packet.

// RFC 791 options, kept as they are. They are parsed only so that the header checksum can be
// verified.
header ipv4_options_t {
    varbit<320> octets;
}

const bit<32> ETHERNET_LENGTH = 14;
const bit<32> VLAN_LENGTH     = 4;

struct headers_t {
    packet_out_header_t packet_out;
    packet_in_header_t  packet_in;
    ethernet_t          ethernet;
    vlan_t              vlan;
    arp_t               arp;
    ipv4_t              ipv4;
    ipv4_options_t      ipv4_options;
    udp_t               udp;
    oum_t               oum;
}

struct metadata_t {
    bit<1>  routable;     // the IPv4 header is well-formed
    bit<32> link_length;  // bytes in front of it
    bit<1>  no_group;     // an OUM packet without an entry in oum_group
    bit<1>  copy;         // the replication engine makes copies of this packet
    bit<1>  prune;        // no copy goes out where the packet came in
    bit<16> group_index;  // the group's register cell
    bit<16> udp_residual; // what the UDP checksum covers beside what may change
}
