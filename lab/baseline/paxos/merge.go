package paxos

import "github.com/netordered/nopaxos/lab/baseline/wire"

// Merge chooses the longest log of the newest view (§4.2). It contains every request that f+1 replicas acknowledged.
func (p *protocol) Merge(votes []*wire.DoViewChange, commit uint64) [][]byte {
	best := votes[0]
	for _, v := range votes[1:] {
		if v.LastNormal > best.LastNormal || v.LastNormal == best.LastNormal && v.End() > best.End() {
			best = v
		}
	}
	if best.End() < commit {
		p.Fail("the newest log ends at %d, committed up to %d", best.End(), commit)
	}
	return best.Entries[commit-best.Commit:]
}
