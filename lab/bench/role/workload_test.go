package role

import (
	"bytes"
	"slices"
	"testing"

	"github.com/netordered/nopaxos/kv"
)

// The store executes every operation of every workload, and the same seed gives the same operations.
func TestWorkloadsOfTheStore(t *testing.T) {
	const keys, operations = 50, 2000
	for name := range ycsb {
		t.Run(name, func(t *testing.T) {
			var runs [2][][]byte
			for i := range runs {
				store := kv.New()
				slot := uint64(0)
				execute := func(op []byte) {
					slot++
					reply, rest, err := kv.ParseReply(store.Execute(slot, slot, op, nil))
					if err == nil {
						err = reply.Err()
					}
					if err != nil || len(rest) > 0 {
						t.Fatalf("%q: %v, %d bytes after the reply", op, err, len(rest))
					}
				}
				load := &Load{Workload: WorkloadFill, Keys: keys, ValueSize: 8, Seed: 7}
				for _, w := range []string{WorkloadFill, name} {
					load.Workload = w
					work, err := newWorkload(load, 1)
					if err != nil {
						t.Fatal(err)
					}
					n := operations
					if w == WorkloadFill {
						n = keys
					}
					for range n {
						op := work.append(nil)
						execute(op)
						runs[i] = append(runs[i], op)
					}
				}
			}
			if !slices.EqualFunc(runs[0], runs[1], bytes.Equal) {
				t.Error("two workloads of one seed differ")
			}
		})
	}
}

// The most frequent key has its share of the draws, and every key can be drawn.
func TestKeysAreZipf(t *testing.T) {
	const keys, draws = 100, 200_000
	w, err := newWorkload(&Load{Workload: "c", Keys: keys, Seed: 1}, 0)
	if err != nil {
		t.Fatal(err)
	}
	ranks, scattered := make([]int, keys), make(map[int]bool)
	for range draws {
		ranks[w.rank()]++
		scattered[w.key()] = true
	}
	const share = 0.19 // 1 ÷ the sum of i^-0.99 for i from 1 to 100
	if got := float64(ranks[0]) / draws; got < share-0.01 || got > share+0.01 {
		t.Errorf("the first rank has %.3f of the draws, expected about %.2f", got, share)
	}
	if len(scattered) != keys {
		t.Errorf("%d keys were drawn, expected all %d", len(scattered), keys)
	}
}

func TestWorkloadErrors(t *testing.T) {
	for _, l := range []Load{{Workload: "g", Keys: 1}, {Workload: "a"}, {Workload: WorkloadFill}} {
		if _, err := newWorkload(&l, 0); err == nil {
			t.Errorf("%+v was accepted", l)
		}
	}
}
