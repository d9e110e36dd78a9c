// Updates the IPv4 header checksum for the decremented TTL (ingress.p4) without reading IP options
// (RFC 1624): the parser subtracts TTL and protocol, which are one word of the sum, and leaves a
// residual, to which the deparser adds their new values.
control OumTtlUpdate(inout headers_t hdr, in metadata_t meta) {
    Checksum() ipv4_checksum;

    apply {
        hdr.ipv4.checksum = ipv4_checksum.update({ hdr.ipv4.ttl, hdr.ipv4.protocol, meta.ttl_residual });
    }
}
