// Package netlab builds small networks on one Linux machine: nodes, each with a network namespace of its
// own, links between them, bridges and routes, and the faults of a network: lost packets, partitions,
// pulled cables. Programs are started on a node and know nothing of it. The chaos test, the testbed and
// the benchmarks run a cluster's roles this way; nothing of a lab is visible in the machine's own network.
//
// A lab is made for one run:
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
// While it lives, its namespaces have names, so that `ip netns exec` shows what a node sees. Nothing
// outlives a lab: the processes end with it, also when its own process is killed, and names that a killed
// process left are removed when the next lab is made.
//
// It needs Linux and the right to make namespaces, which root has; losing packets needs nf_tables in the
// kernel. Where something is missing the error is [ErrNotSupported] and says what.
package netlab
