// The UDP checksum of an OUM packet covers what the sequencer writes, so it is computed again for
// every copy. Because that would also make a damaged packet look whole, the one that came in is
// verified first, and ingress drops the packet when it is wrong. A sender that sent none (0) gets
// one.
#define UDP_CHECKSUM_FIELDS { hdr.ipv4.src_addr, hdr.ipv4.dst_addr, 8w0, hdr.ipv4.protocol, \
                              hdr.udp.length, hdr.udp.src_port, hdr.udp.dst_port, hdr.udp.length, \
                              hdr.oum.magic, hdr.oum.version, hdr.oum.flags, hdr.oum.sequenced, \
                              hdr.oum.group, hdr.oum.session, hdr.oum.number, hdr.oum.token }

#define IPV4_CHECKSUM_FIELDS { hdr.ipv4.version_ihl, hdr.ipv4.tos, hdr.ipv4.total_len, \
                               hdr.ipv4.identification, hdr.ipv4.reserved, \
                               hdr.ipv4.dont_fragment, hdr.ipv4.more_fragments, \
                               hdr.ipv4.frag_offset, hdr.ipv4.ttl, hdr.ipv4.protocol, \
                               hdr.ipv4.src_addr, hdr.ipv4.dst_addr }

control OumVerifyChecksum(inout headers_t hdr, inout metadata_t meta) {
    apply {
        verify_checksum(hdr.ipv4.isValid(), IPV4_CHECKSUM_FIELDS, hdr.ipv4.checksum,
                        HashAlgorithm.csum16);
        verify_checksum_with_payload(hdr.oum.isValid() && hdr.udp.checksum != 0,
                                     UDP_CHECKSUM_FIELDS, hdr.udp.checksum,
                                     HashAlgorithm.csum16);
    }
}

control OumComputeChecksum(inout headers_t hdr, inout metadata_t meta) {
    apply {
        update_checksum(hdr.ipv4.isValid(), IPV4_CHECKSUM_FIELDS, hdr.ipv4.checksum,
                        HashAlgorithm.csum16);
        update_checksum_with_payload(hdr.oum.isValid(), UDP_CHECKSUM_FIELDS, hdr.udp.checksum,
                                     HashAlgorithm.csum16);
    }
}
