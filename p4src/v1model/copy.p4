// Addresses each copy of a stamped packet to its replica, or relays it to the next switch. Drops a
// copy without an entry.
control OumCopy(inout headers_t hdr,
                in metadata_t meta,
                inout standard_metadata_t standard_metadata) {
    @name(".deliver") @id(0x01000006)
    action deliver(@id(1) mac_addr_t dmac,
                   @id(2) mac_addr_t smac,
                   @id(3) ipv4_addr_t ip,
                   @id(4) bit<16> udp_port) {
        hdr.ethernet.dst_addr = dmac;
        hdr.ethernet.src_addr = smac;
        hdr.ipv4.dst_addr = ip;
        hdr.udp.dst_port = udp_port;
    }

    @name(".relay") @id(0x01000007)
    action relay(@id(1) mac_addr_t dmac, @id(2) mac_addr_t smac) {
        hdr.ethernet.dst_addr = dmac;
        hdr.ethernet.src_addr = smac;
    }

    @name(".oum_copy") @id(0x02000004)
    table oum_copy {
        key = {
            standard_metadata.egress_rid: exact @name("egress_rid") @id(1);
        }
        actions = {
            @tableonly deliver;
            @tableonly relay;
            @defaultonly oum_drop(standard_metadata);
        }
        const default_action = oum_drop(standard_metadata);
        size = OUM_COPY_SIZE;
    }

    apply {
        if (meta.prune == 1 && standard_metadata.egress_port == standard_metadata.ingress_port) {
            oum_drop(standard_metadata);
        } else {
            oum_copy.apply();
        }
    }
}
