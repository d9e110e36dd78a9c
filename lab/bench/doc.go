// Package bench is the evaluation of the NOPaxos paper (Li et al., "Just Say NO to Paxos Overhead", OSDI
// 2016, §6) as a program: it runs NOPaxos and the systems that it is compared with, each role a process of
// its own, loads them, and writes what it measured as JSON, CSV, a page with figures, and a table.
//
// A [System] says of which roles a system consists. A [Figure] says what it wants to be measured, as
// [Cell]s, and what it draws from that. [Run] measures all cells of all figures: repetition by repetition,
// and in each of them system by system, so that whatever drifts on the machine meets all systems alike.
// Of each cell the report has the median of the repetitions, and the lowest and the highest.
//
// The roles run in network namespaces that are joined by an Ethernet bridge if the user may make such
// (internal/netlab), on the loopback interface otherwise. How many operations a second a machine carries
// when all roles share its cores says little about a system; so the CPU time of every process is measured
// too, and the *capacity* of a system is operations per CPU-second of its busiest replica: what it could
// carry if that replica had a core of its own and nothing else were in the way.
package bench
