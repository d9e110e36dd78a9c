// Package udp is a sequencer that runs as an ordinary process on an end host (OSDI 2016 §4.3): it
// receives a group's datagrams on its own UDP address, stamps them, and sends one copy to each
// replica. [Listen] makes one with its P4Runtime server; [DataPlane] is its data plane.
//
// Senders address the sequencer itself, so the data plane looks oum_group up with the group number in
// the OUM header, which equals the group's address. It implements the part of the contract that
// applies to an end host:
//
//   - oum_group: sequence and group_drop. A datagram whose action is to_sequencer or replicate is
//     dropped and counted.
//   - oum_copy: deliver sends to ip and udp_port and ignores MAC addresses. A copy whose action is
//     relay is dropped and counted.
//   - port_role: all datagrams arrive from hosts, so a stamped one is dropped.
//   - ipv4_lpm and arp_gateway: stored and unused. The host's kernel routes and answers ARP.
//   - ports: only p4src.CPUPort exists. A packet-out to it returns as a packet-in through the event
//     loop.
//
// Counters count bytes of UDP payload.
package udp
