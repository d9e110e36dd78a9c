// Decides where a packet goes.
control OumIngress(inout headers_t hdr,
                   inout metadata_t meta,
                   inout standard_metadata_t standard_metadata) {
    OumArp() arp;
    OumTtl() ttl;
    OumUdpResidual() udp_residual;
    OumGroup() group;
    OumRoute() route;

    apply {
        if (standard_metadata.parser_error != error.NoError
            || standard_metadata.checksum_error == 1) {
            oum_drop(standard_metadata);
        } else if (hdr.packet_out.isValid()) {
            // Packets of the controller leave unchanged.
            standard_metadata.egress_spec = (port_t) hdr.packet_out.egress_port;
            hdr.packet_out.setInvalid();
        } else if (hdr.arp.isValid()) {
            arp.apply(hdr, standard_metadata);
        } else if (meta.routable == 0 || hdr.ipv4.ttl <= 1
                   || standard_metadata.packet_length < meta.link_length + (bit<32>) hdr.ipv4.total_len) {
            oum_drop(standard_metadata);
        } else {
            ttl.apply(hdr.ipv4);
            if (hdr.oum.isValid()) {
                udp_residual.apply(hdr, meta);
                group.apply(hdr, meta, standard_metadata);
            }
            if (!hdr.oum.isValid() || meta.no_group == 1) {
                route.apply(hdr, standard_metadata);
            }
        }
    }
}
