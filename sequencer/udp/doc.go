// Package udp is the data plane of a sequencer that runs as an ordinary process on an end host
// (OSDI 2016 §4.3): it receives a group's datagrams on its own UDP address, stamps them, and sends
// one copy to each replica.
//
// It is not on the path of the packets, so it knows a datagram's group not by the destination
// address but by the group number in the OUM header, which is that address. The table oum_group is
// looked up with it. Of the rest of the contract only what an end host can do has an effect:
//
//   - oum_group: sequence and group_drop. Datagrams for which a switch would do something else
//     (to_sequencer, replicate) are dropped and counted.
//   - oum_copy: deliver sends to ip and udp_port; MAC addresses mean nothing here. relay is dropped
//     and counted.
//   - port_role: everything arrives from hosts, so a stamped datagram is dropped.
//   - ipv4_lpm: stored, and never used. arp_gateway likewise: the host answers ARP itself.
//   - ports: only p4src.CPUPort exists. A packet-out to it comes back as a packet-in by way of the
//     event loop.
//
// Counters count UDP payloads, without the headers below.
package udp
