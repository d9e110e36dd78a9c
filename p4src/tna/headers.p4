// Headers and metadata of a packet in the Tofino pipeline.

// Ingress sends this header to egress in front of the packet. Egress parses only copies.
header bridge_t {
    bit<6>  reserved;
    bit<1>  copy;         // the replication engine makes copies of this packet
    bit<1>  prune;        // no copy leaves by the ingress port
    bit<16> ingress_port; // in the controller's numbering
}

struct headers_t {
    bridge_t            bridge;
    packet_out_header_t packet_out;
    packet_in_header_t  packet_in;
    ethernet_t          ethernet;
    vlan_t              vlan;
    arp_t               arp;
    ipv4_t              ipv4;
    udp_t               udp;
    oum_t               oum;
}

struct metadata_t {
    bool    routable;       // the IPv4 header is well-formed
    bool    checksum_error; // the IPv4 header checksum is wrong
    bool    from_fabric;    // an OUM packet arrived at a fabric port
    bool    udp_summed;     // there is a UDP checksum to update
    bit<1>  stale;          // the packet gets no number
    bit<16> slack;          // bytes of the IPv4 packet outside of the UDP datagram
    bit<16> group_index;    // the group's register cells
    bit<16> ttl_residual;   // IPv4 checksum without TTL and protocol
    bit<16> udp_residual;   // UDP checksum without the fields that may change
}
