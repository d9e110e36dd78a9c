package bench

import (
	"maps"
	"slices"
)

// quantity has a value per measured repetition. Ratios are computed for each repetition, so that drift of the machine
// affects both sides alike.
type quantity func(*results) map[int]float64

// at is a value of a cell.
func at(c Cell, f func(*Sample) float64) quantity {
	return func(r *results) map[int]float64 {
		m := r.find(c)
		if m == nil {
			return nil
		}
		values := make(map[int]float64, len(m.Samples))
		for i := range m.Samples {
			values[m.Samples[i].Repetition] = f(&m.Samples[i])
		}
		return values
	}
}

// combine computes a quantity from two others, for the repetitions that both have.
func combine(a, b quantity, f func(x, y float64) float64) quantity {
	return func(r *results) map[int]float64 {
		left, right := a(r), b(r)
		values := make(map[int]float64, len(left))
		for i, x := range left {
			if y, ok := right[i]; ok {
				values[i] = f(x, y)
			}
		}
		return values
	}
}

// ratio divides two quantities.
func ratio(a, b quantity) quantity { return combine(a, b, func(x, y float64) float64 { return x / y }) }

// difference subtracts b from a.
func difference(a, b quantity) quantity {
	return combine(a, b, func(x, y float64) float64 { return x - y })
}

// half divides a quantity by two.
func half(a quantity) quantity { return combine(a, a, func(x, _ float64) float64 { return x / 2 }) }

// spreadOf returns the spread of a quantity, if it was measured.
func spreadOf(q quantity, r *results) (s Spread, ok bool) {
	values := q(r)
	return spread(slices.Collect(maps.Values(values))), len(values) > 0
}

// crosses reports whether the values lie on both sides of a bound.
func (s Spread) crosses(bound float64) bool { return s.Low < bound && bound < s.High }

// median returns the median of a quantity, if it was measured.
func median(q quantity, r *results) (float64, bool) {
	s, ok := spreadOf(q, r)
	return s.Median, ok
}

// The values of a sample.
func busiestCPU(s *Sample) float64 { return s.busiest().CPU }
func capacity(s *Sample) float64   { return 1e6 / s.busiest().CPU }
func p50(s *Sample) float64        { return s.Latency.P50 }
func p99(s *Sample) float64        { return s.Latency.P99 }
func throughput(s *Sample) float64 { return s.Throughput }

// targetCallers is the closed loop of the targets.
const targetCallers = 64

// of is a value of a system under the targets' load.
func of(system string, f func(*Sample) float64) quantity {
	return at(echoCell(system, targetCallers), f)
}

// full is a value of a system whose three replicas are the bottleneck.
func full(system string, f func(*Sample) float64) quantity { return in(system, 3, f) }

// in is a value of a system with n replicas that are the bottleneck.
func in(system string, n int, f func(*Sample) float64) quantity { return at(groupCell(system, n), f) }

// alone is a value of a system with one caller.
func alone(system string, f func(*Sample) float64) quantity { return at(echoCell(system, 1), f) }

// hopLatency is the latency, in microseconds, that the sequencer adds to the median round trip. A client that gets its
// own messages back from the sequencer waits for one network hop there, the sequencer's work, and one hop back. Compared
// with an unreplicated operation, a replicated one has one more hop and that work; a hop is half a round trip to a bare
// echo server.
var hopLatency = difference(alone(bareSeq, p50), half(alone(bareEcho, p50)))
