// The session rule. A group's cell is (session, number of its last message). When the entry carries a
// higher session than the cell, the cell takes it and numbers restart at 1. When it carries a lower
// one, the entry is stale (the packet looked it up before the session changed) and the packet is
// dropped; otherwise two messages could get one number. So one table write changes the session, and
// no controller writes a register. Session 0 is invalid.
control OumStamp(inout headers_t hdr,
                 in metadata_t meta,
                 inout standard_metadata_t standard_metadata) {
    @name(".oum_session") @id(0x16000001)
    register<bit<32>>(OUM_GROUPS) session_cells;

    @name(".oum_number") @id(0x16000002)
    register<bit<64>>(OUM_GROUPS) number_cells;

    apply {
        bool stamped = false;
        // A datagram whose UDP length does not fill its IPv4 packet gets no number.
        if (hdr.ipv4.total_len - hdr.udp.length == IPV4_HEADER_LENGTH
            && meta.group_index < OUM_GROUPS && hdr.oum.session != 0) {
            bit<32> cell = (bit<32>) meta.group_index;
            @atomic {
                bit<32> cell_session;
                bit<64> number;
                session_cells.read(cell_session, cell);
                number_cells.read(number, cell);
                if (hdr.oum.session > cell_session) {
                    session_cells.write(cell, hdr.oum.session);
                    number = 0;
                }
                if (hdr.oum.session >= cell_session) {
                    number = number + 1;
                    number_cells.write(cell, number);
                    hdr.oum.number = number;
                    stamped = true;
                }
            }
        }
        if (!stamped) {
            oum_drop(standard_metadata);
        }
    }
}
