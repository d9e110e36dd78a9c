// Answers ARP requests for the switch's gateway addresses, so that unmodified hosts find their
// gateway. Drops other ARP: a route leads to one host, and the switch floods nothing.
control OumArp(inout headers_t hdr,
               in ingress_intrinsic_metadata_t ig_intr_md,
               inout ingress_intrinsic_metadata_for_deparser_t ig_dprsr_md,
               inout ingress_intrinsic_metadata_for_tm_t ig_tm_md) {
    @name(".arp_reply") @id(0x01000009)
    action arp_reply(@id(1) mac_addr_t mac) {
        ig_tm_md.ucast_egress_port = ig_intr_md.ingress_port;
        hdr.ethernet.dst_addr = hdr.ethernet.src_addr;
        hdr.ethernet.src_addr = mac;

        ipv4_addr_t gateway = hdr.arp.target_ip;
        hdr.arp.operation = ARP_REPLY;
        hdr.arp.target_mac = hdr.arp.sender_mac;
        hdr.arp.target_ip = hdr.arp.sender_ip;
        hdr.arp.sender_mac = mac;
        hdr.arp.sender_ip = gateway;
    }

    @name(".arp_gateway") @id(0x02000005)
    table arp_gateway {
        key = {
            hdr.arp.target_ip: exact @name("target_ip") @id(1);
        }
        actions = {
            @tableonly arp_reply;
            @defaultonly oum_drop(ig_dprsr_md.drop_ctl);
        }
        const default_action = oum_drop(ig_dprsr_md.drop_ctl);
        size = ARP_GATEWAY_SIZE;
    }

    apply {
        arp_gateway.apply();
    }
}
