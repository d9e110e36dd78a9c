package sim

import "time"

// random is a stream of pseudo-random numbers (SplitMix64, Steele et al., OOPSLA 2014). The generator is part of this
// package so that a seed means the same on every machine and Go version.
type random struct{ state uint64 }

// stream returns an independent stream for one purpose, so that, for example, removing a fault does not change the
// latency of the first message.
func stream(seed uint64, purpose uint64) random {
	r := random{state: seed*0x9E3779B97F4A7C15 ^ purpose*0xD1B54A32D192ED03}
	r.next()
	return r
}

func (r *random) next() uint64 {
	r.state += 0x9E3779B97F4A7C15
	z := r.state
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// below returns a number in [0, n). The bias for n far below 2^64 does not matter here.
func (r *random) below(n int) int { return int(r.next() % uint64(n)) }

// between returns a number in [lo, hi].
func (r *random) between(lo, hi int) int { return lo + r.below(hi-lo+1) }

// chance returns true with probability perMillion / 10^6.
func (r *random) chance(perMillion int) bool {
	return perMillion > 0 && r.below(1_000_000) < perMillion
}

// duration returns a duration in [lo, hi].
func (r *random) duration(lo, hi time.Duration) time.Duration {
	if hi <= lo {
		return lo
	}
	return lo + time.Duration(r.next()%uint64(hi-lo+1))
}

// tail returns a duration with a mean of roughly mean and a geometric tail. It uses integers only, to be independent
// of floating-point hardware.
func (r *random) tail(mean time.Duration) time.Duration {
	bits := r.next()
	d := mean / 2
	for range 5 {
		if bits&1 == 0 {
			break
		}
		d += mean / 2
		bits >>= 1
	}
	return d + time.Duration(bits>>32)%(mean/4+1)
}

func pick[T any](r *random, of ...T) T { return of[r.below(len(of))] }
