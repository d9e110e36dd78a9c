// An OUM packet is recognized by magic and version, whatever its UDP port: a stamped packet that a
// host sends straight to a replica's port must not pass as ordinary traffic. Fragments and packets
// with IP options are not looked into; a sender keeps its datagrams below the path MTU.
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
        transition select(hdr.ethernet.ether_type) {
            ETHERTYPE_IPV4: parse_version_ihl;
            ETHERTYPE_ARP: parse_arp_type;
            default: accept;
        }
    }

    // Only requests for an IPv4 address matter; the switch asks nobody.
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

    state parse_version_ihl {
        transition select(packet.lookahead<bit<8>>()) {
            IPV4_NO_OPTIONS: parse_ipv4;
            default: accept;
        }
    }

    state parse_ipv4 {
        packet.extract(hdr.ipv4);
        transition select(hdr.ipv4.protocol, hdr.ipv4.more_fragments, hdr.ipv4.frag_offset) {
            (IP_PROTO_UDP, 0, 0): parse_udp;
            default: accept;
        }
    }

    state parse_udp {
        packet.extract(hdr.udp);
        transition select(hdr.udp.length) {
            OUM_MIN_UDP_LENGTH .. 0xFFFF: parse_magic;
            default: accept;
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

control OumDeparser(packet_out packet, in headers_t hdr) {
    apply {
        packet.emit(hdr.packet_in);
        packet.emit(hdr.ethernet);
        packet.emit(hdr.arp);
        packet.emit(hdr.ipv4);
        packet.emit(hdr.udp);
        packet.emit(hdr.oum);
    }
}
