// Headers and metadata of a packet in the v1model pipeline.

// RFC 791 options, which leave unchanged. The parser extracts them only to verify the header
// checksum.
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
    bit<32> link_length;  // bytes in front of the IPv4 header
    bit<1>  no_group;     // an OUM packet without an entry in oum_group
    bit<1>  copy;         // the replication engine makes copies of this packet
    bit<1>  prune;        // no copy leaves by the ingress port
    bit<16> group_index;  // the group's register cell
    bit<16> udp_residual; // UDP checksum without the fields that may change
}
