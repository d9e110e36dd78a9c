// Emits the headers in their order of arrival.
control OumIngressDeparser(packet_out packet,
                           inout headers_t hdr,
                           in metadata_t meta,
                           in ingress_intrinsic_metadata_for_deparser_t ig_dprsr_md) {
    OumTtlUpdate() ttl_update;
    OumStampedUdpUpdate() udp_update;

    apply {
        ttl_update.apply(hdr, meta);
        udp_update.apply(hdr, meta);
        packet.emit(hdr.bridge);
        packet.emit(hdr.ethernet);
        packet.emit(hdr.vlan);
        packet.emit(hdr.arp);
        packet.emit(hdr.ipv4);
        packet.emit(hdr.udp);
        packet.emit(hdr.oum);
    }
}

control OumEgressDeparser(packet_out packet,
                          inout headers_t hdr,
                          in metadata_t meta,
                          in egress_intrinsic_metadata_for_deparser_t eg_dprsr_md) {
    OumCopyUpdate() copy_update;

    apply {
        copy_update.apply(hdr, meta);
        packet.emit(hdr.packet_in);
        packet.emit(hdr.ethernet);
        packet.emit(hdr.vlan);
        packet.emit(hdr.ipv4);
        packet.emit(hdr.udp);
    }
}
