// A router takes one off the TTL (ingress.p4), and the IPv4 header checksum follows by difference, so
// that IP options need not be read: the parser subtracts TTL and protocol, which are one word of the
// sum, and leaves a residual; the deparser adds what they became (RFC 1624).
control OumTtlUpdate(inout headers_t hdr, in metadata_t meta) {
    Checksum() ipv4_checksum;

    apply {
        hdr.ipv4.checksum = ipv4_checksum.update({ hdr.ipv4.ttl, hdr.ipv4.protocol, meta.ttl_residual });
    }
}
