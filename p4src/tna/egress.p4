// Rewrites leaving packets: copies, and packet-ins for the controller.
control OumEgress(inout headers_t hdr,
                  inout metadata_t meta,
                  in egress_intrinsic_metadata_t eg_intr_md,
                  in egress_intrinsic_metadata_from_parser_t eg_prsr_md,
                  inout egress_intrinsic_metadata_for_deparser_t eg_dprsr_md,
                  inout egress_intrinsic_metadata_for_output_port_t eg_oport_md) {
    OumCopy() copy;

    apply {
        if (hdr.bridge.copy == 1) {
            copy.apply(hdr, eg_intr_md, eg_dprsr_md);
        }
        if (eg_intr_md.egress_port == TOFINO_CPU_PORT) {
            hdr.packet_in.setValid();
            hdr.packet_in.ingress_port = hdr.bridge.ingress_port;
        }
    }
}
