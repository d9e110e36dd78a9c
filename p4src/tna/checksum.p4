// The parser verifies the IPv4 header checksum. Ingress updates it for the TTL (ttl.p4), and egress
// recomputes it for a copy.
//
// The program updates the UDP checksum for the fields that it writes (RFC 1624): the parser subtracts
// the fields that may change and leaves a residual, to which the deparser adds their new values. It
// neither verifies nor recomputes the checksum: the payload does not pass through the pipeline, and a
// new sum would make a damaged payload look intact. A result of 0 would mean that there is no
// checksum, so it is written as 0xFFFF, which is equal (RFC 768). A missing checksum (0) stays missing.
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
        // Egress parses the IPv4 header only of copies and emits only parsed headers.
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
