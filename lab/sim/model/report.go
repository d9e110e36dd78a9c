package model

// Report is what the model predicts, and from what.
type Report struct {
	Calibration Calibration
	Split       Split
	Costs       Costs
	Seed        uint64
	Groups      int // whose paths were looked at
	Compare     []Comparison
	Replicas    []Size
	Loss        []Lossy
	Failover    []Failover
	Stretch     []Stretch
	Vary        []Variation
}
