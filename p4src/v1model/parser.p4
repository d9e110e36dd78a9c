// Recognizes an OUM packet by magic and version at any UDP port: a stamped packet that a host sends
// straight to a replica's port must not pass as ordinary traffic. Fragments and packets with IP
// options are routed unparsed, since senders keep their datagrams below the path MTU.
parser OumParser(packet_in packet,
                 out headers_t hdr,
                 inout metadata_t meta,
                 inout standard_metadata_t standard_metadata) {
    state start {
        transition select(standard_metadata.ingress_port) {
            CPU_PORT: parse_packet_out;
            default: parse_ethernet;
        }
    }

    state parse_packet_out {
        packet.extract(hdr.packet_out);
        transition accept;
    }

    state parse_ethernet {
        packet.extract(hdr.ethernet);
        meta.link_length = ETHERNET_LENGTH;
        transition select(hdr.ethernet.ether_type) {
            ETHERTYPE_VLAN: parse_vlan;
            ETHERTYPE_ARP: parse_arp_type;
            ETHERTYPE_IPV4: parse_ipv4;
            default: accept;
        }
    }

    state parse_vlan {
        packet.extract(hdr.vlan);
        meta.link_length = ETHERNET_LENGTH + VLAN_LENGTH;
        transition select(hdr.vlan.ether_type) {
            ETHERTYPE_ARP: parse_arp_type;
            ETHERTYPE_IPV4: parse_ipv4;
            default: accept;
        }
    }

    // Only requests for an IPv4 address matter: the switch sends none.
    state parse_arp_type {
        transition select(packet.lookahead<bit<64>>()) {
            ARP_IPV4_REQUEST: parse_arp;
            default: accept;
        }
    }

    state parse_arp {
        packet.extract(hdr.arp);
        transition accept;
    }

    // Version 4, five words or more, and a packet no shorter than its header (RFC 1812 §5.2.2).
    // Anything else stays unroutable.
    state parse_ipv4 {
        packet.extract(hdr.ipv4);
        transition select(hdr.ipv4.version, hdr.ipv4.ihl, hdr.ipv4.total_len) {
            (4,  5, 0 .. 19): accept;
            (4,  5, _):       parse_ipv4_plain;
            (4,  6, 0 .. 23): accept;
            (4,  7, 0 .. 27): accept;
            (4,  8, 0 .. 31): accept;
            (4,  9, 0 .. 35): accept;
            (4, 10, 0 .. 39): accept;
            (4, 11, 0 .. 43): accept;
            (4, 12, 0 .. 47): accept;
            (4, 13, 0 .. 51): accept;
            (4, 14, 0 .. 55): accept;
            (4, 15, 0 .. 59): accept;
            (4, 6 .. 15, _):  parse_ipv4_options;
            default: accept;
        }
    }

    state parse_ipv4_options {
        meta.routable = 1;
        packet.extract(hdr.ipv4_options, ((bit<32>) hdr.ipv4.ihl - 5) << 5);
        transition accept;
    }

    state parse_ipv4_plain {
        meta.routable = 1;
        transition select(hdr.ipv4.protocol, hdr.ipv4.more_fragments, hdr.ipv4.frag_offset) {
            (IP_PROTO_UDP, 0, 0): parse_udp;
            default: accept;
        }
    }

    state parse_udp {
        packet.extract(hdr.udp);
        transition select(hdr.udp.length) {
            0 .. OUM_MIN_UDP_LENGTH - 1: accept;
            default: parse_magic;
        }
    }

    state parse_magic {
        transition select(packet.lookahead<bit<24>>()) {
            OUM_MAGIC_VERSION: parse_oum;
            default: accept;
        }
    }

    state parse_oum {
        packet.extract(hdr.oum);
        transition accept;
    }
}
