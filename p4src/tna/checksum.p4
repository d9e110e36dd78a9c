// The IPv4 header checksum is verified on the way in (parser.p4). It follows the TTL
// (ttl.p4), and a copy that oum_copy addressed gets a new one.
//
// The UDP checksum is neither verified nor computed: the payload does not pass through here, and a
// switch would make a damaged one look whole. It is updated for what the switch writes (RFC 1624):
// the parser subtracts what may change and leaves a residual, the deparser adds what it became.
// 0 would say that there is no checksum; 0xFFFF is the same number (RFC 768). A sender that sent
// none (0) gets none.
control OumStampedUdpUpdate(inout headers_t hdr, in metadata_t meta) {
    Checksum() udp_checksum;

    apply {
        if (meta.udp_summed) {
            hdr.udp.checksum = udp_checksum.update(data = {
                hdr.oum.magic, hdr.oum.version, hdr.oum.flags, hdr.oum.sequenced, hdr.oum.group,
                hdr.oum.session, hdr.oum.number, hdr.oum.token,
                meta.udp_residual
            }, zeros_as_ones = true);
        }
    }
}

control OumCopyUpdate(inout headers_t hdr, in metadata_t meta) {
    Checksum() ipv4_checksum;
    Checksum() udp_checksum;

    apply {
        // Only copies have their IPv4 header parsed, and what was not parsed does not go out here.
        hdr.ipv4.checksum = ipv4_checksum.update({
            hdr.ipv4.version, hdr.ipv4.ihl, hdr.ipv4.tos, hdr.ipv4.total_len,
            hdr.ipv4.identification, hdr.ipv4.reserved, hdr.ipv4.dont_fragment,
            hdr.ipv4.more_fragments, hdr.ipv4.frag_offset, hdr.ipv4.ttl, hdr.ipv4.protocol,
            hdr.ipv4.src_addr, hdr.ipv4.dst_addr
        });
        if (meta.udp_summed) {
            hdr.udp.checksum = udp_checksum.update(data = {
                hdr.ipv4.dst_addr, hdr.udp.dst_port, meta.udp_residual
            }, zeros_as_ones = true);
        }
    }
}
