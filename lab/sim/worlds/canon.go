package worlds

import "github.com/cespare/xxhash/v2"

// fingerprint names a node's state. Two states with the same one are taken for the same: a hash of the
// canonical form in which the cores write their state, see replica.Core.AppendState.
//
// What that form leaves out makes no difference here: times whose only effect is when something is done that
// time.go does at any moment, and the suspicion of a leader or sequencer, which is the explorer's choice.
// TestSameFingerprintSameFuture holds it to that.
type fingerprint [2]uint64

func fingerprintOf(form []byte) fingerprint {
	d := xxhash.NewWithSeed(0x6f756d)
	_, _ = d.Write(form) // it never fails
	return fingerprint{xxhash.Sum64(form), d.Sum64()}
}
