// Recognizes an OUM packet by magic and version at any UDP port: a stamped packet that a host sends
// straight to a replica's port must not pass as ordinary traffic. Fragments and packets with IP
// options are routed unparsed, since senders keep their datagrams below the path MTU. The parser
// drops a packet that ends within a header.
parser OumIngressParser(packet_in packet,
                        out headers_t hdr,
                        out metadata_t meta,
                        out ingress_intrinsic_metadata_t ig_intr_md) {
    Checksum() ipv4_checksum;
    Checksum() ttl_checksum;
    Checksum() udp_checksum;

    state start {
        packet.extract(ig_intr_md);
        packet.advance(PORT_METADATA_SIZE);
        meta = { false, false, false, false, 0, 0, 0, 0, 0 };
        hdr.bridge.setValid();
        hdr.bridge.reserved = 0;
        hdr.bridge.copy = 0;
        hdr.bridge.prune = 0;
        transition select(ig_intr_md.ingress_port) {
            TOFINO_CPU_PORT: parse_packet_out;
            default: parse_ethernet;
        }
    }

    state parse_packet_out {
        packet.extract(hdr.packet_out);
        transition accept;
    }

    state parse_ethernet {
        packet.extract(hdr.ethernet);
        transition select(hdr.ethernet.ether_type) {
            ETHERTYPE_VLAN: parse_vlan;
            ETHERTYPE_ARP: parse_arp_type;
            ETHERTYPE_IPV4: parse_ipv4;
            default: accept;
        }
    }

    state parse_vlan {
        packet.extract(hdr.vlan);
        transition select(hdr.vlan.ether_type) {
            ETHERTYPE_ARP: parse_arp_type;
            ETHERTYPE_IPV4: parse_ipv4;
            default: accept;
        }
    }

    // Only requests for an IPv4 address matter: the switch sends none. The parser compares four
    // bytes at a time.
    state parse_arp_type {
        transition select(packet.lookahead<bit<32>>()) {
            ARP_IPV4_REQUEST[63:32]: parse_arp_operation;
            default: accept;
        }
    }

    state parse_arp_operation {
        transition select(packet.lookahead<bit<64>>()[31:0]) {
            ARP_IPV4_REQUEST[31:0]: parse_arp;
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
        ipv4_checksum.add(hdr.ipv4);
        ttl_checksum.subtract({ hdr.ipv4.ttl, hdr.ipv4.protocol, hdr.ipv4.checksum });
        ttl_checksum.subtract_all_and_deposit(meta.ttl_residual);
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

    // The header checksum of a packet with options is not verified, since that would mean parsing
    // the options. It is updated for the TTL like any other, so the receiver can verify it.
    state parse_ipv4_options {
        meta.routable = true;
        transition accept;
    }

    state parse_ipv4_plain {
        meta.routable = true;
        meta.checksum_error = ipv4_checksum.verify();
        transition select(hdr.ipv4.protocol, hdr.ipv4.more_fragments, hdr.ipv4.frag_offset) {
            (IP_PROTO_UDP, 0, 0): parse_udp;
            default: accept;
        }
    }

    state parse_udp {
        packet.extract(hdr.udp);
        udp_checksum.subtract({ hdr.udp.checksum });
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
        udp_checksum.subtract(hdr.oum);
        udp_checksum.subtract_all_and_deposit(meta.udp_residual);
        transition select(hdr.udp.checksum) {
            0: accept;
            default: parse_udp_summed;
        }
    }

    state parse_udp_summed {
        meta.udp_summed = true;
        transition accept;
    }
}

// Egress rewrites only copies. Other packets leave as ingress made them.
parser OumEgressParser(packet_in packet,
                       out headers_t hdr,
                       out metadata_t meta,
                       out egress_intrinsic_metadata_t eg_intr_md) {
    Checksum() udp_checksum;

    state start {
        packet.extract(eg_intr_md);
        meta = { false, false, false, false, 0, 0, 0, 0, 0 };
        packet.extract(hdr.bridge);
        transition select(hdr.bridge.copy) {
            1: parse_ethernet;
            default: accept;
        }
    }

    state parse_ethernet {
        packet.extract(hdr.ethernet);
        transition select(hdr.ethernet.ether_type) {
            ETHERTYPE_VLAN: parse_vlan;
            default: parse_ipv4;
        }
    }

    state parse_vlan {
        packet.extract(hdr.vlan);
        transition parse_ipv4;
    }

    state parse_ipv4 {
        packet.extract(hdr.ipv4);
        udp_checksum.subtract({ hdr.ipv4.dst_addr });
        transition parse_udp;
    }

    state parse_udp {
        packet.extract(hdr.udp);
        udp_checksum.subtract({ hdr.udp.dst_port, hdr.udp.checksum });
        udp_checksum.subtract_all_and_deposit(meta.udp_residual);
        transition select(hdr.udp.checksum) {
            0: accept;
            default: parse_udp_summed;
        }
    }

    state parse_udp_summed {
        meta.udp_summed = true;
        transition accept;
    }
}
