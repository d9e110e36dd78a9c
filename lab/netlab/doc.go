// Package netlab builds small networks on one Linux machine: nodes, each with its own network namespace,
// links between them, bridges and routes. It also causes the faults of a network: lost packets, partitions,
// pulled cables. Programs run on a node without knowing. The chaos test, the testbed and the benchmarks run
// a cluster's roles this way; the machine's own network sees nothing of a lab.
//
// A lab lasts for one run:
//
//	lab, err := netlab.New()
//	defer lab.Close()
//	a, err := lab.AddNode("a")
//	b, err := lab.AddNode("b")
//	err = lab.Link(
//		netlab.Port{Node: a, Name: "eth0", Address: netip.MustParsePrefix("10.0.0.1/24")},
//		netlab.Port{Node: b, Name: "eth0", Address: netip.MustParsePrefix("10.0.0.2/24")})
//	err = a.Start(exec.Command("nopaxos", "replica", …))
//
// The namespaces of an open lab have names, so that `ip netns exec` runs a command on a node. Nothing
// outlives a lab: its processes end with it, even if the process that made it is killed, and the next lab
// removes the names that a killed process left behind.
//
// A lab needs Linux and the right to create namespaces, which root has; losing packets needs nf_tables in
// the kernel. Errors about a missing feature wrap [ErrNotSupported] and name it.
package netlab
