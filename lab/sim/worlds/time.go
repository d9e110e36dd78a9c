package worlds

import "time"

// Time passes at a node only when the explorer says so, and then by one of three steps. The cores'
// time-outs are set so that each is over after exactly one of them: whatever is repeated or given up
// after a grace period after a short step, a sync point's interval after a medium one, suspicion and
// the time-out of a view change, doubled as often as it may be, after a long one. So of a point in
// time only its class matters: which steps lead past it, or whether one has passed since.
//
// No path has hundreds of steps, so that many short ones do not add up to a longer one.
const (
	shortStep  = 10 * time.Second
	mediumStep = 1_000 * shortStep
	longStep   = 7_000 * mediumStep

	suspicion  = 100 * mediumStep // a long step, and the sixth doubling of it too
	retransmit = 10 * time.Millisecond
	grace      = time.Millisecond
	gapBound   = 5 * time.Millisecond

	// off is for what never becomes due: PINGs and TICKs, which tell nothing but time.
	off = time.Duration(1) << 61

	// origin is when a node's clock starts: 0 stands for no time at all.
	origin = time.Hour
)

// timeClass is what matters of a point in time.
type timeClass byte

const (
	timeZero   timeClass = iota // not set
	timeAgo                     // a step ago
	timeNow                     // no step ago, or due
	timeShort                   // due after a short step
	timeMedium                  // after a medium one
	timeLong                    // after a long one
	timeNever
)

func classify(t, now time.Duration) timeClass {
	if t == 0 {
		return timeZero
	}
	switch d := t - now; {
	case d <= -shortStep:
		return timeAgo
	case d <= 0:
		return timeNow
	case d <= shortStep:
		return timeShort
	case d <= mediumStep:
		return timeMedium
	case d <= longStep:
		return timeLong
	}
	return timeNever
}
