// What the Tofino pipeline carries with a packet.

// From ingress to egress, in front of the packet. Egress parses only what has copies.
header bridge_t {
    bit<6>  reserved;
    bit<1>  copy;         // the replication engine makes copies of this packet
    bit<1>  prune;        // no copy goes out where the packet came in
    bit<16> ingress_port; // as the controller numbers it
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
    bool    checksum_error; // and its checksum is wrong
    bool    from_fabric;    // an OUM packet came in by a fabric port
    bool    udp_summed;     // there is a UDP checksum to update
    bit<1>  stale;          // no number for this packet
    bit<16> slack;          // bytes of the IPv4 packet beside the UDP datagram
    bit<16> group_index;    // the group's register cells
    bit<16> ttl_residual;   // what the IPv4 checksum covers beside TTL and protocol
    bit<16> udp_residual;   // what the UDP checksum covers beside what may change
}
