// Stamps or replicates a group's packets, or forwards them to the group's sequencer.
control OumGroup(inout headers_t hdr,
                 inout metadata_t meta,
                 in ingress_intrinsic_metadata_t ig_intr_md,
                 inout ingress_intrinsic_metadata_for_deparser_t ig_dprsr_md,
                 inout ingress_intrinsic_metadata_for_tm_t ig_tm_md) {
    OumStamp() stamp;
    OumRoute() route;

    // A port without an entry is a host port. Stamped packets from it are dropped, so that a
    // sender cannot inject one.
    @name(".fabric") @id(0x01000008)
    action fabric() {
        meta.from_fabric = true;
    }

    @name(".port_role") @id(0x02000001)
    table port_role {
        key = {
            ig_intr_md.ingress_port: exact @name("ingress_port") @id(1);
        }
        actions = {
            @tableonly fabric;
            @defaultonly NoAction;
        }
        const default_action = NoAction();
        size = PORT_ROLE_SIZE;
    }

    @name(".oum_group_counter") @id(0x13000001)
    DirectCounter<bit<64>>(CounterType_t.PACKETS_AND_BYTES) oum_group_counter;

    // On the group's sequencer: stamp and multicast. Copies may leave by the packet's ingress
    // port, since the sequencer is the root of the group's tree.
    @name(".sequence") @id(0x01000002)
    action sequence(@id(1) bit<16> group_index,
                    @id(2) bit<32> session,
                    @id(3) bit<64> token,
                    @id(4) bit<16> mcast_grp) {
        oum_group_counter.count();
        hdr.oum.sequenced = 1;
        hdr.oum.session = session;
        hdr.oum.token = token;
        meta.group_index = group_index;
        hdr.bridge.copy = 1;
        ig_tm_md.mcast_grp_a = mcast_grp;
    }

    // On other switches, for unstamped packets: forward to the sequencer.
    @name(".to_sequencer") @id(0x01000003)
    action to_sequencer(@id(1) port_t port, @id(2) mac_addr_t dmac, @id(3) mac_addr_t smac) {
        oum_group_counter.count();
        ig_tm_md.ucast_egress_port = port;
        hdr.ethernet.dst_addr = dmac;
        hdr.ethernet.src_addr = smac;
    }

    // On other switches, for stamped packets that are still addressed to the group: copy down the
    // tree, but never out of the ingress port.
    @name(".replicate") @id(0x01000004)
    action replicate(@id(1) bit<16> mcast_grp) {
        oum_group_counter.count();
        hdr.bridge.copy = 1;
        hdr.bridge.prune = 1;
        ig_tm_md.mcast_grp_a = mcast_grp;
    }

    // Unlike oum_drop, which several tables share, this action counts.
    @name(".group_drop") @id(0x0100000A)
    action group_drop() {
        oum_group_counter.count();
        oum_drop(ig_dprsr_md.drop_ctl);
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
        if (!hdr.oum.isValid()) {
            route.apply(hdr, ig_dprsr_md, ig_tm_md);
        } else {
            // The two tables share a stage. Packets to sequence need no check of their port: the new
            // stamp overwrites any old one.
            port_role.apply();
            switch (oum_group.apply().action_run) {
                sequence: {
                    stamp.apply(hdr, meta, ig_intr_md, ig_dprsr_md);
                }
                NoAction: {
                    if (hdr.oum.sequenced == 1 && !meta.from_fabric) {
                        oum_drop(ig_dprsr_md.drop_ctl);
                    } else {
                        route.apply(hdr, ig_dprsr_md, ig_tm_md);
                    }
                }
                default: {
                    if (hdr.oum.sequenced == 1 && !meta.from_fabric) {
                        oum_drop(ig_dprsr_md.drop_ctl);
                    }
                }
            }
        }
    }
}
