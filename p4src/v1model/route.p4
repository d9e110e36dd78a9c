// Routes packets that are not for a group by their IPv4 address.
control OumRoute(inout headers_t hdr, inout standard_metadata_t standard_metadata) {
    @name(".forward") @id(0x01000001)
    action forward(@id(1) port_t port, @id(2) mac_addr_t dmac, @id(3) mac_addr_t smac) {
        standard_metadata.egress_spec = port;
        hdr.ethernet.dst_addr = dmac;
        hdr.ethernet.src_addr = smac;
    }

    @name(".ipv4_lpm") @id(0x02000003)
    table ipv4_lpm {
        key = {
            hdr.ipv4.dst_addr: lpm @name("ipv4_dst") @id(1);
        }
        actions = {
            forward;
            oum_drop(standard_metadata);
        }
        default_action = oum_drop(standard_metadata);
        size = IPV4_LPM_SIZE;
    }

    apply {
        ipv4_lpm.apply();
    }
}
