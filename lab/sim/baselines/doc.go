// Package baselines runs the comparison systems of package baseline in virtual time from one seed: their
// unmodified event loops and cores, and unmodified client cores, on the network of package
// transport/virtual, which loses, duplicates, reorders and partitions, while replicas crash, lose their
// memory, sleep and have clocks that drift. It checks that the clients' history is linearizable (with
// porcupine), that no log executes an operation twice, that all replicas reach the same state, and
// that every operation completes once the faults have ended.
//
//	go test ./sim/baselines -run TestSeeds -baselines.system=paxos -baselines.seeds=1000 -baselines.first=1
//
// A run depends on its seed alone, so a failing seed fails again.
package baselines
