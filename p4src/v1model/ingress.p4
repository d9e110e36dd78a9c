// Where a packet goes: to a group (stamped, replicated or passed on to the group's sequencer) or,
// when it is not for a group, by its IPv4 address.
control OumIngress(inout headers_t hdr,
                   inout metadata_t meta,
                   inout standard_metadata_t standard_metadata) {
    OumStamp() stamp;

    // A port without an entry is a host port: a stamped packet from it is dropped, so that a
    // sender cannot inject one.
    @name(".fabric") @id(0x01000008)
    action fabric() {}

    @name(".port_role") @id(0x02000001)
    table port_role {
        key = {
            standard_metadata.ingress_port: exact @name("ingress_port") @id(1);
        }
        actions = {
            @tableonly fabric;
            @defaultonly NoAction;
        }
        const default_action = NoAction();
        size = PORT_ROLE_SIZE;
    }

    // On the group's sequencer: stamp and multicast.
    @name(".sequence") @id(0x01000002)
    action sequence(@id(1) bit<16> group_index,
                    @id(2) bit<32> session,
                    @id(3) bit<64> token,
                    @id(4) bit<16> mcast_grp) {
        meta.group_index = group_index;
        meta.session = session;
        meta.token = token;
        standard_metadata.mcast_grp = mcast_grp;
    }

    // Elsewhere, unstamped packets: toward the sequencer.
    @name(".to_sequencer") @id(0x01000003)
    action to_sequencer(@id(1) port_t port, @id(2) mac_addr_t dmac, @id(3) mac_addr_t smac) {
        standard_metadata.egress_spec = port;
        hdr.ethernet.dst_addr = dmac;
        hdr.ethernet.src_addr = smac;
    }

    // Elsewhere, stamped packets that are still addressed to the group: down the tree.
    @name(".replicate") @id(0x01000004)
    action replicate(@id(1) bit<16> mcast_grp) {
        standard_metadata.mcast_grp = mcast_grp;
    }

    @name(".oum_group_counter") @id(0x13000001)
    direct_counter(CounterType.packets_and_bytes) oum_group_counter;

    @name(".oum_group") @id(0x02000002)
    table oum_group {
        key = {
            hdr.ipv4.dst_addr: exact @name("ipv4_dst") @id(1);
            hdr.oum.sequenced: exact @name("sequenced") @id(2);
        }
        actions = {
            @tableonly sequence;
            @tableonly to_sequencer;
            @tableonly replicate;
            @tableonly oum_drop(standard_metadata);
            @defaultonly NoAction;
        }
        const default_action = NoAction();
        counters = oum_group_counter;
        size = OUM_GROUP_SIZE;
    }

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

    // The switch answers for its gateway addresses itself, so that unmodified hosts find their
    // gateway. Other ARP is dropped: a route leads to one host, nothing is flooded.
    @name(".arp_reply") @id(0x01000009)
    action arp_reply(@id(1) mac_addr_t mac) {
        standard_metadata.egress_spec = standard_metadata.ingress_port;
        ipv4_addr_t gateway = hdr.arp.target_ip;
        hdr.arp.operation = ARP_REPLY;
        hdr.arp.target_mac = hdr.arp.sender_mac;
        hdr.arp.target_ip = hdr.arp.sender_ip;
        hdr.arp.sender_mac = mac;
        hdr.arp.sender_ip = gateway;
        hdr.ethernet.dst_addr = hdr.ethernet.src_addr;
        hdr.ethernet.src_addr = mac;
    }

    @name(".arp_gateway") @id(0x02000005)
    table arp_gateway {
        key = {
            hdr.arp.target_ip: exact @name("target_ip") @id(1);
        }
        actions = {
            @tableonly arp_reply;
            @defaultonly oum_drop(standard_metadata);
        }
        const default_action = oum_drop(standard_metadata);
        size = ARP_GATEWAY_SIZE;
    }

    apply {
        if (hdr.packet_out.isValid()) {
            standard_metadata.egress_spec = (port_t) hdr.packet_out.egress_port;
            hdr.packet_out.setInvalid();
            return;
        }
        if (hdr.arp.isValid()) {
            arp_gateway.apply();
            return;
        }
        if (!hdr.ipv4.isValid() || hdr.ipv4.ttl <= 1
            || standard_metadata.checksum_error == 1
            || standard_metadata.parser_error != error.NoError) {
            mark_to_drop(standard_metadata);
            return;
        }
        hdr.ipv4.ttl = hdr.ipv4.ttl - 1;

        bool from_host = !port_role.apply().hit;
        if (!hdr.oum.isValid()) {
            ipv4_lpm.apply();
            return;
        }
        if (hdr.oum.sequenced == 1 && from_host) {
            mark_to_drop(standard_metadata);
            return;
        }
        switch (oum_group.apply().action_run) {
            sequence: {
                stamp.apply(hdr, meta, standard_metadata);
            }
            NoAction: {
                ipv4_lpm.apply();
            }
        }
    }
}
