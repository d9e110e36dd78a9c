// Routes packets that are not for a group by their IPv4 address.
control OumRoute(inout headers_t hdr,
                 inout ingress_intrinsic_metadata_for_deparser_t ig_dprsr_md,
                 inout ingress_intrinsic_metadata_for_tm_t ig_tm_md) {
    @name(".forward") @id(0x01000001)
    action forward(@id(1) port_t port, @id(2) mac_addr_t dmac, @id(3) mac_addr_t smac) {
        ig_tm_md.ucast_egress_port = port;
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
            oum_drop(ig_dprsr_md.drop_ctl);
        }
        default_action = oum_drop(ig_dprsr_md.drop_ctl);
        size = IPV4_LPM_SIZE;
    }

    apply {
        ipv4_lpm.apply();
    }
}
