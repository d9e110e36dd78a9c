// Package baselines runs the comparison systems of package baseline in virtual time from one seed: their
// unmodified event loops and cores, and unmodified client cores, on the network of package
// transport/virtual, which loses, duplicates, reorders and partitions, while replicas crash, lose their
// memory, sleep and have clocks that drift. It checks what the clients saw (linearizability, by
// porcupine), that nothing is executed twice in one log, that all replicas come to the same state, and
// that everything is answered once the faults are over.
//
//	go test ./sim/baselines -run TestSeeds -baselines.system=paxos -baselines.seeds=1000 -baselines.first=1
//
// Nothing but the seed decides anything, so that a failing one fails again.
package baselines
