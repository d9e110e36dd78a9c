package clientcore

import (
	"testing"
	"time"
)

// Replies arrive in batches with equal round trips. Within a batch the time-out must not forget the longer round trips of the
// batch before.
func TestTimeoutOutlastsABatchOfReplies(t *testing.T) {
	const inFlight, batch = 128, 64
	const short, long = time.Millisecond, 3 * time.Millisecond
	estimate := timeouts{floor: time.Microsecond, ceiling: time.Second}
	for range 100 {
		for _, rtt := range []time.Duration{long, short} {
			for range batch {
				estimate.sample(rtt, inFlight)
			}
		}
		if estimate.current <= long {
			t.Fatalf("time-out is %v after a batch that took %v, expected more than the %v of the one before", estimate.current, short, long)
		}
	}
	if estimate.current > 3*long {
		t.Errorf("time-out is %v for round trips of %v and %v, expected at most %v", estimate.current, short, long, 3*long)
	}
}

// TestTimeoutOfOneRequest checks that the gains with one request in flight are those of RFC 6298.
func TestTimeoutOfOneRequest(t *testing.T) {
	estimate := timeouts{floor: time.Microsecond, ceiling: time.Second}
	for _, step := range []struct{ rtt, want time.Duration }{
		{8 * time.Millisecond, 24 * time.Millisecond},  // mean 8, deviation 4
		{16 * time.Millisecond, 29 * time.Millisecond}, // 9 and 5
		{9 * time.Millisecond, 24 * time.Millisecond},  // 9 and 3.75
	} {
		if estimate.sample(step.rtt, 1); estimate.current != step.want {
			t.Errorf("time-out is %v after %v, expected %v", estimate.current, step.rtt, step.want)
		}
	}
}
