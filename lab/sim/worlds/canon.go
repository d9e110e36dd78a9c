package worlds

import "github.com/cespare/xxhash/v2"

// fingerprint identifies a node's state: it is a hash of the canonical form of its state, see
// replica.Core.AppendState. The explorer takes states with equal fingerprints for the same.
//
// The form omits times that only decide when a time-out expires, since the explorer lets time-outs expire at any
// moment (time.go), and the suspicion of a leader or a sequencer, since the explorer decides about that.
// TestSameFingerprintSameFuture checks that the omissions make no difference.
type fingerprint [2]uint64

func fingerprintOf(form []byte) fingerprint {
	d := xxhash.NewWithSeed(0x6f756d)
	_, _ = d.Write(form) // never fails
	return fingerprint{xxhash.Sum64(form), d.Sum64()}
}
