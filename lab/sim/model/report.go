package model

// Report has the predictions and their basis.
type Report struct {
	Calibration Calibration
	Split       Split
	Costs       Costs
	Seed        uint64
	Groups      int // random groups whose paths were measured
	Compare     []Comparison
	Replicas    []Size
	Loss        []Lossy
	Failover    []Failover
	Stretch     []Stretch
	Vary        []Variation
}
