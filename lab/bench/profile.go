package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	pprof "github.com/google/pprof/profile"

	"github.com/netordered/nopaxos/lab/bench/role"
)

// Profile shows where a system's busiest replica spends CPU time.
type Profile struct {
	System    string
	Role      string
	CPU       float64 // microseconds per operation while profiled
	Seconds   float64 // of CPU time that was sampled
	Groups    []Share // system calls, the Go runtime, and packages
	Functions []Share // the largest

	raw []byte // in the format of `go tool pprof`
}

// Share is an entry of a profile.
type Share struct {
	Name string
	Part float64 // 0 to 1
}

// The duration of a profile, which has a sample every 10 ms of CPU time, and the number of reported entries.
const (
	profileTime   = 3 * time.Second
	mostGroups    = 8
	mostFunctions = 12
)

// profiledSystems lists the systems whose replicas the targets compare.
var profiledSystems = append(slices.Clone(compared), bareEcho)

// profile repeats a measurement of a system whose replicas are the bottleneck, while profiling them.
func (b *bench) profile(ctx context.Context, s step) error {
	b.line.Show(func() string { return b.state(title(s.key.system) + ", profile") })
	return b.with(ctx, s, func(d *deployment) error {
		scale := b.cfg.Scale
		scale.Measure = profileTime
		if err := d.settle(ctx, s.cells[0], &scale); err != nil {
			return err
		}
		replicas := d.of(kindReplica)
		for _, p := range replicas {
			if _, err := p.ask(ctx, role.Order{Profile: role.ProfileStart}); err != nil {
				return err
			}
		}
		sample, err := measureAgain(ctx, d, s.cells[0], &scale, 0)
		if err != nil {
			return err
		}
		busiest := sample.busiest()
		for _, p := range replicas {
			a, err := p.ask(ctx, role.Order{Profile: role.ProfileStop})
			if err != nil {
				return err
			}
			if p.Name() != busiest.Role {
				continue
			}
			made, err := readProfile(a.Profile)
			if err != nil {
				return fmt.Errorf("profile of %s: %w", p.Name(), err)
			}
			made.System, made.Role, made.CPU, made.raw = s.key.system, p.Name(), busiest.CPU, a.Profile
			b.results.Profiles = append(b.results.Profiles, *made)
		}
		b.spent += b.estimate(s)
		return nil
	})
}

// cpuValue is the index of CPU time, in nanoseconds, among the values of a sample; the other one counts samples.
const cpuValue = 1

// readProfile sums up the samples of a CPU profile by the function that ran.
func readProfile(compressed []byte) (*Profile, error) {
	p, err := pprof.ParseData(compressed)
	if err != nil {
		return nil, err
	}
	total := int64(0)
	groups := make(map[string]int64)
	functions := make(map[string]int64)
	for _, s := range p.Sample {
		if len(s.Value) <= cpuValue {
			return nil, errors.New("not a CPU profile: a sample has no CPU time")
		}
		v := s.Value[cpuValue]
		name, _, _ := strings.Cut(running(s), "[") // type arguments
		functions[strings.TrimPrefix(name, module)] += v
		groups[groupOf(name)] += v
		total += v
	}
	return &Profile{
		Seconds: time.Duration(total).Seconds(),
		Groups:  shares(groups, total, mostGroups), Functions: shares(functions, total, mostFunctions),
	}, nil
}

// running returns the function that ran. Of the functions that are inlined at a location, the innermost comes first.
func running(s *pprof.Sample) string {
	if len(s.Location) == 0 || len(s.Location[0].Line) == 0 || s.Location[0].Line[0].Function == nil {
		return "unknown"
	}
	return s.Location[0].Line[0].Function.Name
}

// shares returns the largest parts of a total.
func shares(parts map[string]int64, total int64, most int) []Share {
	var list []Share
	for name, v := range parts {
		list = append(list, Share{name, float64(v) / float64(max(total, 1))})
	}
	slices.SortFunc(list, func(a, b Share) int { return cmp.Or(cmp.Compare(b.Part, a.Part), cmp.Compare(a.Name, b.Name)) })
	return list[:min(len(list), most)]
}

const (
	groupSystemCalls = "system calls"
	groupRuntime     = "Go runtime"
	groupCrypto      = "authentication"
)

// module is the prefix of this project's packages.
const module = "github.com/netordered/nopaxos/"

// groupOf returns the group of a function: one of the above, or its package.
func groupOf(function string) string {
	path, rest := "", function
	if i := strings.LastIndexByte(function, '/'); i >= 0 {
		path, rest = function[:i+1], function[i+1:]
	}
	name, _, _ := strings.Cut(rest, ".")
	pkg := path + name
	switch {
	case strings.HasSuffix(pkg, "runtime/syscall") || strings.HasSuffix(pkg, "syscall/linux"),
		pkg == "syscall" || pkg == "golang.org/x/sys/unix":
		return groupSystemCalls
	case pkg == "runtime" || pkg == "internal/bytealg",
		strings.HasPrefix(pkg, "runtime/") || strings.HasPrefix(pkg, "internal/runtime/"):
		return groupRuntime
	case strings.Contains(pkg, "siphash") || strings.HasPrefix(pkg, "crypto/"):
		return groupCrypto
	}
	return strings.TrimPrefix(pkg, module)
}
