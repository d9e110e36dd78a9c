package specpaxos

import (
	"github.com/netordered/nopaxos/lab/baseline/vr"
	"github.com/netordered/nopaxos/lab/baseline/wire"
	nopaxos "github.com/netordered/nopaxos/replica/wire"
)

// Merge builds a log from those of the newest view (§4.4): first the longest prefix that was confirmed as the
// leader's; then, slot by slot, the log that most replicas share, which is that of any client's superquorum; then all
// other requests, in any order.
func (p *protocol) Merge(votes []*wire.DoViewChange, commit uint64) [][]byte {
	newest := newestOf(votes)
	merged, group := confirmedPrefix(newest, commit)
	for slot := commit + uint64(len(merged)) + 1; ; slot++ {
		entry, agree := favourite(group, slot)
		if len(agree) == 0 {
			break
		}
		merged, group = append(merged, entry), agree
	}
	return appendRest(merged, newest, commit)
}

// newestOf returns the promises of the replicas in the newest view.
func newestOf(votes []*wire.DoViewChange) (newest []*wire.DoViewChange) {
	for _, v := range votes {
		if len(newest) > 0 && v.LastNormal > newest[0].LastNormal {
			newest = newest[:0]
		}
		if len(newest) == 0 || v.LastNormal == newest[0].LastNormal {
			newest = append(newest, v)
		}
	}
	return newest
}

// confirmedPrefix returns the longest confirmed log, and the promises that contain it.
func confirmedPrefix(votes []*wire.DoViewChange, commit uint64) (prefix [][]byte, group []*wire.DoViewChange) {
	for _, v := range votes {
		var own [][]byte
		for slot := commit + 1; v.Has(slot); slot++ {
			e, mark := v.At(slot)
			if mark != confirmedMark {
				break
			}
			own = append(own, e)
		}
		if len(own) > len(prefix) {
			prefix = own
		}
	}
	for _, v := range votes {
		if holds(v, commit, prefix) {
			group = append(group, v)
		}
	}
	return prefix, group
}

// holds reports whether a promise's log has the given entries behind commit.
func holds(v *wire.DoViewChange, commit uint64, entries [][]byte) bool {
	for i, want := range entries {
		slot := commit + 1 + uint64(i)
		if !v.Has(slot) {
			return false
		}
		if e, _ := v.At(slot); string(e) != string(want) {
			return false
		}
	}
	return true
}

// favourite is the most frequent entry at a slot in a group, and the replicas that have it.
func favourite(group []*wire.DoViewChange, slot uint64) (entry []byte, agree []*wire.DoViewChange) {
	for _, v := range group {
		if !v.Has(slot) {
			continue
		}
		e, _ := v.At(slot)
		var same []*wire.DoViewChange
		for _, w := range group {
			if w.Has(slot) {
				if other, _ := w.At(slot); string(other) == string(e) {
					same = append(same, w)
				}
			}
		}
		if len(same) > len(agree) {
			entry, agree = e, same
		}
	}
	return entry, agree
}

// appendRest appends the requests that are not in merged.
func appendRest(merged [][]byte, votes []*wire.DoViewChange, commit uint64) [][]byte {
	have := make(map[vr.RequestID]bool)
	fresh := func(body []byte) bool {
		req, err := nopaxos.ParseRequest(body)
		if err != nil || have[vr.IDOf(&req)] {
			return false
		}
		have[vr.IDOf(&req)] = true
		return true
	}
	for _, e := range merged {
		fresh(e)
	}
	for _, v := range votes {
		for slot := commit + 1; slot <= v.End(); slot++ {
			if !v.Has(slot) {
				continue
			}
			if e, _ := v.At(slot); fresh(e) {
				merged = append(merged, e)
			}
		}
	}
	return merged
}
