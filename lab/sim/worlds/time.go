package worlds

import "time"

// Time passes at a node only when the explorer makes it, by one of three steps. The cores' time-outs are such
// that each expires after exactly one kind of step: retransmission and grace periods after a short one, a sync
// point's interval after a medium one, suspicion and the view change's time-out, doubled as often as possible,
// after a long one. So only the class of a point in time matters: which steps reach it, or whether one has passed
// since.
//
// No path has hundreds of steps, so that short steps do not add up to a longer one.
const (
	shortStep  = 10 * time.Second
	mediumStep = 1_000 * shortStep
	longStep   = 7_000 * mediumStep

	suspicion  = 100 * mediumStep // a long step exceeds it, and its sixth doubling
	retransmit = 10 * time.Millisecond
	grace      = time.Millisecond
	gapBound   = 5 * time.Millisecond

	// off turns PINGs and TICKs off, which only affect timers.
	off = time.Duration(1) << 61

	// origin is the start of a node's clock. It is not 0, which stands for no time.
	origin = time.Hour
)

// timeClass is the class of a point in time.
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
