package bench

import "fmt"

// claim is something that the paper says, and how it is looked for here.
type claim struct {
	paper string
	// here returns what was found, and whether the claim holds; ok: it was measured.
	here func(*Results) (found string, v Verdict, ok bool)
}

// Claim is something that the paper says, beside what is found here.
type Claim struct {
	Paper   string
	Here    string
	Verdict Verdict
}

// Verdict says whether a claim of the paper holds here.
type Verdict string

// The verdicts.
const (
	Holds       Verdict = "holds"
	InDirection Verdict = "in direction, by less"
	HoldsNot    Verdict = "does not hold"
	NotCompared Verdict = "not comparable"
	NotMeasured Verdict = "not measured"
)

// check looks for the claims in the results.
func check(claims []claim, r *Results) []Claim {
	var list []Claim
	for _, c := range claims {
		out := Claim{Paper: c.paper, Verdict: NotMeasured}
		if found, v, ok := c.here(r); ok {
			out.Here, out.Verdict = found, v
		}
		list = append(list, out)
	}
	return list
}

// closeTo is how far from what the paper has a figure may be that bears it out: a twentieth.
const closeTo = 0.05

// atLeast judges a ratio that the paper has as claimed, above 1.
func atLeast(ratio, claimed float64) Verdict {
	switch {
	case ratio >= claimed*(1-closeTo):
		return Holds
	case ratio > 1+closeTo:
		return InDirection
	}
	return HoldsNot
}

// holdsIf is the verdict of a claim that has no degrees.
func holdsIf(yes bool) Verdict {
	if yes {
		return Holds
	}
	return HoldsNot
}

// moreCapacity claims that NOPaxos has so many times the throughput of another system, in a group of n.
func moreCapacity(paper, other string, n int, claimed float64) claim {
	return claim{paper, func(r *Results) (string, Verdict, bool) {
		v, ok := median(ratio(in(nopaxos, n, capacity), in(other, n, capacity)), r)
		return fmt.Sprintf("%s the capacity of %s, %d replicas", times(v), title(other), n), atLeast(v, claimed), ok
	}}
}

// times writes a ratio: "4.70×".
func times(v float64) string { return fmt.Sprintf("%.2f×", v) }

// percent writes a share: "98 %".
func percent(v float64) string { return fmt.Sprintf("%.0f %%", 100*v) }
