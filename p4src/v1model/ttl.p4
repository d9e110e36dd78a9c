// Decrements the TTL and updates the header checksum for it (RFC 1141, with the carry of RFC 1624)
// without reading IP options. TTL and protocol are one word of the sum, and the TTL is its upper
// byte.
control OumTtl(inout ipv4_t ipv4) {
    apply {
        ipv4.ttl = ipv4.ttl - 1;
        if (ipv4.checksum >= 0xFEFF) {
            ipv4.checksum = ipv4.checksum + 0x0101; // end-around carry
        } else {
            ipv4.checksum = ipv4.checksum + 0x0100;
        }
    }
}
