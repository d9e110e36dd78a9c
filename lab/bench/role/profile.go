package role

import (
	"bytes"
	"errors"
	"fmt"
	"runtime/pprof"
)

// profiler takes CPU profiles of the process.
type profiler struct {
	taken *bytes.Buffer // nil: not profiling
}

// obey carries out an order. ProfileStop returns the profile.
func (p *profiler) obey(order string) ([]byte, error) {
	switch {
	case order == ProfileStart:
		var b bytes.Buffer
		if err := pprof.StartCPUProfile(&b); err != nil {
			return nil, err
		}
		p.taken = &b
		return nil, nil
	case order == ProfileStop && p.taken != nil:
		pprof.StopCPUProfile()
		b := p.taken
		p.taken = nil
		return b.Bytes(), nil
	case order == ProfileStop:
		return nil, errors.New("no profile was started")
	}
	return nil, fmt.Errorf("profile order is %q, expected %q or %q", order, ProfileStart, ProfileStop)
}
