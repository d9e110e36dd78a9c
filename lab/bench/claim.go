package bench

import "fmt"

// claim is a claim of the paper and how to check it.
type claim struct {
	paper string
	// here returns the finding and the verdict. ok reports whether the claim was measured.
	here func(*results) (found string, v Verdict, ok bool)
}

// Claim is a claim of the paper with the finding here.
type Claim struct {
	Paper   string
	Here    string
	Verdict Verdict
}

// Verdict is the verdict on a claim.
type Verdict string

// The verdicts.
const (
	holds       Verdict = "holds"
	inDirection Verdict = "in direction, by less"
	holdsNot    Verdict = "does not hold"
	notCompared Verdict = "not comparable"
	notMeasured Verdict = "not measured"
	noVerdict   Verdict = "no verdict: the spread crosses the bound"
)

// check checks the claims against the results.
func check(claims []claim, r *results) []Claim {
	var list []Claim
	for _, c := range claims {
		out := Claim{Paper: c.paper, Verdict: notMeasured}
		if found, v, ok := c.here(r); ok {
			out.Here, out.Verdict = found, v
		}
		list = append(list, out)
	}
	return list
}

// closeTo is the relative tolerance within which a figure confirms the paper's.
const closeTo = 0.05

// atLeast judges a ratio against the one that the paper claims, which is above 1.
func atLeast(ratio, claimed float64) Verdict {
	switch {
	case ratio >= claimed*(1-closeTo):
		return holds
	case ratio > 1+closeTo:
		return inDirection
	}
	return holdsNot
}

// holdsIf is the verdict on a claim without degrees.
func holdsIf(yes bool) Verdict {
	if yes {
		return holds
	}
	return holdsNot
}

// moreCapacity claims that NOPaxos has a multiple of another system's throughput, with n replicas.
func moreCapacity(paper, other string, n int, claimed float64) claim {
	return claim{paper, func(r *results) (string, Verdict, bool) {
		v, ok := median(ratio(in(nopaxos, n, capacity), in(other, n, capacity)), r)
		return fmt.Sprintf("%s the capacity of %s, %d replicas", times(v), title(other), n), atLeast(v, claimed), ok
	}}
}

// times formats a ratio: "4.70×".
func times(v float64) string { return fmt.Sprintf("%.2f×", v) }

// percent formats a share: "98 %".
func percent(v float64) string { return fmt.Sprintf("%.0f %%", 100*v) }
