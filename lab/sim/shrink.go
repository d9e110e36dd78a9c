package sim

import (
	"context"
	"slices"
	"strings"
)

// Shrink removes faults from the plan of a failing run for as long as it fails in the same way (delta debugging,
// Zeller & Hildebrandt, TSE 2002). It returns the smaller run's result, and calls tried after every attempt with the
// number of remaining faults.
func Shrink(ctx context.Context, cfg Config, tried func(left int)) Result {
	cfg.Trace = nil
	best := Run(cfg)
	if len(best.Failures) == 0 {
		return best
	}
	kind := best.Failures[0].kind()
	for size := len(best.Plan); size > 0 && ctx.Err() == nil; {
		smaller := false
		for at := 0; at < len(best.Plan) && ctx.Err() == nil; {
			cfg.Faults = slices.Delete(slices.Clone(best.Plan), at, min(at+size, len(best.Plan)))
			r := Run(cfg)
			if len(r.Failures) > 0 && r.Failures[0].kind() == kind {
				best, smaller = r, true
			} else {
				at += size
			}
			tried(len(best.Plan))
		}
		if !smaller {
			size /= 2
		}
	}
	return best
}

// kind is the common part of failures of one kind: the words before the first number.
func (f Failure) kind() string {
	if i := strings.IndexAny(f.What, "0123456789"); i >= 0 {
		return f.What[:i]
	}
	return f.What
}
