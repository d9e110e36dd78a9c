// Decides where a packet goes.
control OumIngress(inout headers_t hdr,
                   inout metadata_t meta,
                   in ingress_intrinsic_metadata_t ig_intr_md,
                   in ingress_intrinsic_metadata_from_parser_t ig_prsr_md,
                   inout ingress_intrinsic_metadata_for_deparser_t ig_dprsr_md,
                   inout ingress_intrinsic_metadata_for_tm_t ig_tm_md) {
    OumArp() arp;
    OumGroup() group;

    // Prepares every forwarded IPv4 packet. The deparser updates the checksum for the TTL. Conditions
    // compare fields, not differences, so the difference of the lengths is computed here.
    action take_hop() {
        hdr.ipv4.ttl = hdr.ipv4.ttl - 1;
        hdr.bridge.ingress_port = (bit<16>) ig_intr_md.ingress_port;
        meta.slack = hdr.ipv4.total_len - hdr.udp.length;
    }

    @hidden
    table hop {
        actions = {
            take_hop;
        }
        const default_action = take_hop();
    }

    apply {
        if (hdr.packet_out.isValid()) {
            // Packets of the controller leave unchanged.
            hdr.bridge.ingress_port = (bit<16>) CPU_PORT;
            if (hdr.packet_out.egress_port == (bit<16>) CPU_PORT) {
                ig_tm_md.ucast_egress_port = TOFINO_CPU_PORT;
            } else {
                ig_tm_md.ucast_egress_port = (port_t) hdr.packet_out.egress_port;
            }
        } else if (hdr.arp.isValid()) {
            arp.apply(hdr, ig_intr_md, ig_dprsr_md, ig_tm_md);
        } else if (!meta.routable || meta.checksum_error || hdr.ipv4.ttl <= 1) {
            oum_drop(ig_dprsr_md.drop_ctl);
        } else {
            hop.apply();
            group.apply(hdr, meta, ig_intr_md, ig_dprsr_md, ig_tm_md);
        }
    }
}
