// The session rule. A group's cell is (session, number of its last message). When the entry carries a
// higher session than the cell, the cell takes it and numbers restart at 1. When it carries a lower
// one, the entry is stale (the packet looked it up before the session changed) and the packet is
// dropped; otherwise two messages could get one number. So one table write changes the session, and
// no controller writes a register. Session 0 is invalid.
//
// A stateful ALU holds 64 bits, so the cell is three registers in consecutive stages: the session,
// which detects a stale entry, and the two halves of the number, each beside its session. Packets
// pass the stages in order, one at a time, so the three agree.
struct half_t {
    bit<32> session;
    bit<32> value;
}

control OumStamp(inout headers_t hdr,
                 inout metadata_t meta,
                 in ingress_intrinsic_metadata_t ig_intr_md,
                 inout ingress_intrinsic_metadata_for_deparser_t ig_dprsr_md) {
    @name(".oum_session") @id(0x16000001)
    Register<bit<32>, bit<16>>(OUM_GROUPS) session_cells;

    RegisterAction<bit<32>, bit<16>, bit<1>>(session_cells) admit = {
        void apply(inout bit<32> cell, out bit<1> stale) {
            stale = 0;
            if (hdr.oum.session == 0 || cell > hdr.oum.session) {
                stale = 1;
            } else {
                cell = hdr.oum.session;
            }
        }
    };

    action ask() {
        meta.stale = admit.execute(meta.group_index);
    }

    action refuse() {
        meta.stale = 1;
    }

    // Refuses a datagram whose UDP length does not fill its IPv4 packet, and one from another pipe:
    // each pipe has registers of its own, so two pipes would assign a number twice.
    @hidden
    table admission {
        key = {
            ig_intr_md.ingress_port[8:7]: ternary @name("pipe");
            meta.slack: ternary @name("slack");
            meta.group_index[15:10]: ternary @name("no_cell");
        }
        actions = {
            ask;
            refuse;
        }
        const entries = {
            (OUM_PIPE, IPV4_HEADER_LENGTH, 0): ask();
            (_, _, _): refuse();
        }
    }

    @name(".oum_number_low") @id(0x16000002)
    Register<half_t, bit<16>>(OUM_GROUPS) low_cells;

    RegisterAction<half_t, bit<16>, bit<32>>(low_cells) next_low = {
        void apply(inout half_t cell, out bit<32> low) {
            if (cell.session == hdr.oum.session) {
                cell.value = cell.value + 1;
            } else {
                cell.value = 1;
            }
            cell.session = hdr.oum.session;
            low = cell.value;
        }
    };

    @name(".oum_number_high") @id(0x16000003)
    Register<half_t, bit<16>>(OUM_GROUPS) high_cells;

    RegisterAction<half_t, bit<16>, bit<32>>(high_cells) same_high = {
        void apply(inout half_t cell, out bit<32> high) {
            if (cell.session != hdr.oum.session) {
                cell.value = 0;
            }
            cell.session = hdr.oum.session;
            high = cell.value;
        }
    };

    RegisterAction<half_t, bit<16>, bit<32>>(high_cells) next_high = {
        void apply(inout half_t cell, out bit<32> high) {
            cell.value = cell.value + 1;
            high = cell.value;
        }
    };

    action keep() {
        hdr.oum.number[63:32] = same_high.execute(meta.group_index);
    }

    action carry() {
        hdr.oum.number[63:32] = next_high.execute(meta.group_index);
    }

    // The low half is 0 only when it wraps, since a session starts at 1. Both cases need an entry: an
    // action that indexes a register by a field cannot be the default action.
    @hidden
    table number_high {
        key = {
            hdr.oum.number[31:0]: ternary @name("number_low");
        }
        actions = {
            carry;
            keep;
        }
        const entries = {
            0: carry();
            _: keep();
        }
    }

    apply {
        admission.apply();
        if (meta.stale == 1) {
            oum_drop(ig_dprsr_md.drop_ctl);
        } else {
            hdr.oum.number[31:0] = next_low.execute(meta.group_index);
            number_high.apply();
        }
    }
}
