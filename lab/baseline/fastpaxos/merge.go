package fastpaxos

import "github.com/netordered/nopaxos/lab/baseline/wire"

// Merge chooses each slot's entry among those accepted in the newest view: the entry of a classic round if there is
// one; else the one for which a fast quorum may have voted, including all replicas whose promises are missing; else
// the one with most votes.
func (p *protocol) Merge(votes []*wire.DoViewChange, commit uint64) [][]byte {
	var newest []*wire.DoViewChange
	for _, v := range votes {
		if len(newest) > 0 && v.LastNormal > newest[0].LastNormal {
			newest = newest[:0]
		}
		if len(newest) == 0 || v.LastNormal == newest[0].LastNormal {
			newest = append(newest, v)
		}
	}
	var merged [][]byte
	for slot := commit + 1; ; slot++ {
		entry, ok := pick(newest, slot)
		if !ok {
			return merged
		}
		merged = append(merged, entry)
	}
}

// pick chooses the entry at a slot; ok is false if no replica has one. An entry that may have been chosen in the fast
// round has more votes than any other, as in favourite.
func pick(votes []*wire.DoViewChange, slot uint64) (entry []byte, ok bool) {
	most := 0
	for _, v := range votes {
		if !v.Has(slot) {
			continue
		}
		e, mark := v.At(slot)
		if mark == classic {
			return e, true
		}
		n := 0
		for _, w := range votes {
			if w.Has(slot) {
				if other, _ := w.At(slot); string(other) == string(e) {
					n++
				}
			}
		}
		if n > most {
			entry, most = e, n
		}
	}
	return entry, most > 0
}
