// The program verifies the IPv4 header checksum, updates it for the TTL (ttl.p4), and recomputes it
// for a copy that oum_copy addressed.
//
// It updates the UDP checksum for the fields that it writes (RFC 1624) and neither verifies nor
// recomputes it: a new sum would make a damaged payload look intact. A missing checksum (0) stays
// missing.
#define IPV4_FIELDS hdr.ipv4.version, hdr.ipv4.ihl, hdr.ipv4.tos, hdr.ipv4.total_len, \
                    hdr.ipv4.identification, hdr.ipv4.reserved, hdr.ipv4.dont_fragment, \
                    hdr.ipv4.more_fragments, hdr.ipv4.frag_offset, hdr.ipv4.ttl, \
                    hdr.ipv4.protocol, hdr.ipv4.src_addr, hdr.ipv4.dst_addr

// The fields that the UDP checksum covers and this program may write.
#define UDP_CHANGED_FIELDS hdr.ipv4.dst_addr, hdr.udp.dst_port, hdr.oum.magic, hdr.oum.version, \
                           hdr.oum.flags, hdr.oum.sequenced, hdr.oum.group, hdr.oum.session, \
                           hdr.oum.number, hdr.oum.token

control OumVerifyChecksum(inout headers_t hdr, inout metadata_t meta) {
    apply {
        verify_checksum(hdr.ipv4.isValid() && !hdr.ipv4_options.isValid(),
                        { IPV4_FIELDS }, hdr.ipv4.checksum, HashAlgorithm.csum16);
        verify_checksum(hdr.ipv4_options.isValid(),
                        { IPV4_FIELDS, hdr.ipv4_options.octets }, hdr.ipv4.checksum,
                        HashAlgorithm.csum16);
    }
}

// Before any write: the checksum without the fields that may change. csum16 is the complement of the
// sum of its fields, and in ones' complement arithmetic the complement is the negative, so this is
// (complement of the checksum) - (fields).
control OumUdpResidual(in headers_t hdr, inout metadata_t meta) {
    apply {
        hash(meta.udp_residual, HashAlgorithm.csum16, 16w0,
             { hdr.udp.checksum, UDP_CHANGED_FIELDS }, 32w0x10000);
    }
}

// After all writes. A result of 0 would mean that there is no checksum, so it is written as 0xFFFF,
// which is equal (RFC 768).
control OumUdpUpdate(inout headers_t hdr, in metadata_t meta) {
    apply {
        if (hdr.udp.checksum != 0) {
            hash(hdr.udp.checksum, HashAlgorithm.csum16, 16w0,
                 { meta.udp_residual, UDP_CHANGED_FIELDS }, 32w0x10000);
            if (hdr.udp.checksum == 0) {
                hdr.udp.checksum = 0xFFFF;
            }
        }
    }
}

control OumComputeChecksum(inout headers_t hdr, inout metadata_t meta) {
    apply {
        update_checksum(meta.copy == 1, { IPV4_FIELDS }, hdr.ipv4.checksum,
                        HashAlgorithm.csum16);
    }
}
