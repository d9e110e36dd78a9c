// Rewrites leaving packets: copies, and packet-ins for the controller.
control OumEgress(inout headers_t hdr,
                  inout metadata_t meta,
                  inout standard_metadata_t standard_metadata) {
    OumCopy() copy;
    OumUdpUpdate() udp_update;

    apply {
        if (meta.copy == 1) {
            copy.apply(hdr, meta, standard_metadata);
            udp_update.apply(hdr, meta);
        }
        if (standard_metadata.egress_port == CPU_PORT) {
            hdr.packet_in.setValid();
            hdr.packet_in.ingress_port = (bit<16>) standard_metadata.ingress_port;
        }
    }
}
