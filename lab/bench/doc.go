// Package bench runs the evaluation of the NOPaxos paper (Li et al., "Just Say NO to Paxos Overhead", OSDI
// 2016, §6). It runs NOPaxos and the systems that the paper compares it with, each role as a process, loads
// them, and writes the measurements as JSON, CSV, a page with figures, and tables.
//
// A [System] starts the roles of a system. A [Figure] lists the [Cell]s that it needs and draws them. [Run]
// measures all cells of all figures, repetition by repetition, and in each repetition system by system, so
// that drift of the machine affects all systems alike. For each cell the report has the median, the lowest
// and the highest of the repetitions.
//
// If this user may create network namespaces (lab/netlab), each role runs in its own, and an Ethernet bridge
// connects them; otherwise all use the loopback interface. The throughput of a machine whose cores are shared
// by all roles says little about a system, so bench also measures the CPU time of every process. The
// *capacity* of a system is the operations per CPU-second of its busiest replica: the throughput that this
// replica could sustain on a core of its own.
package bench
