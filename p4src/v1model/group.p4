// Stamps or replicates a group's packets, or forwards them to the group's sequencer.
control OumGroup(inout headers_t hdr,
                 inout metadata_t meta,
                 inout standard_metadata_t standard_metadata) {
    OumStamp() stamp;

    // A port without an entry is a host port. Stamped packets from it are dropped, so that a
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

    // On the group's sequencer: stamp and multicast. Copies may leave by the packet's ingress
    // port, since the sequencer is the root of the group's tree.
    @name(".sequence") @id(0x01000002)
    action sequence(@id(1) bit<16> group_index,
                    @id(2) bit<32> session,
                    @id(3) bit<64> token,
                    @id(4) bit<16> mcast_grp) {
        hdr.oum.sequenced = 1;
        hdr.oum.session = session;
        hdr.oum.token = token;
        meta.group_index = group_index;
        meta.copy = 1;
        standard_metadata.mcast_grp = mcast_grp;
    }

    // On other switches, for unstamped packets: forward to the sequencer.
    @name(".to_sequencer") @id(0x01000003)
    action to_sequencer(@id(1) port_t port, @id(2) mac_addr_t dmac, @id(3) mac_addr_t smac) {
        standard_metadata.egress_spec = port;
        hdr.ethernet.dst_addr = dmac;
        hdr.ethernet.src_addr = smac;
    }

    // On other switches, for stamped packets that are still addressed to the group: copy down the
    // tree, but never out of the ingress port.
    @name(".replicate") @id(0x01000004)
    action replicate(@id(1) bit<16> mcast_grp) {
        meta.copy = 1;
        meta.prune = 1;
        standard_metadata.mcast_grp = mcast_grp;
    }

    @name(".oum_group_counter") @id(0x13000001)
    direct_counter(CounterType.packets_and_bytes) oum_group_counter;

    // An action of this table alone: on Tofino actions count, and several tables share oum_drop.
    @name(".group_drop") @id(0x0100000A)
    action group_drop() {
        oum_drop(standard_metadata);
    }

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
            @tableonly group_drop;
            @defaultonly NoAction;
        }
        const default_action = NoAction();
        counters = oum_group_counter;
        size = OUM_GROUP_SIZE;
    }

    apply {
        if (!port_role.apply().hit && hdr.oum.sequenced == 1) {
            oum_drop(standard_metadata);
        } else {
            switch (oum_group.apply().action_run) {
                sequence: {
                    stamp.apply(hdr, meta, standard_metadata);
                }
                NoAction: {
                    meta.no_group = 1;
                }
            }
        }
    }
}
