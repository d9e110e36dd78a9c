package bench

// Figure is one of the evaluation's figures: what is measured for it, what it draws, and what the paper
// says.
type Figure struct {
	Name   string // in file names
	Title  string
	Source string // where the paper has it
	Cells  func(*Scale) []Cell
	// Failovers is where sequencers are killed for it; the zero value: nowhere.
	Failovers deploymentKey
	// Draw returns what was found; it may draw a part if not all systems were there.
	Draw func(*Results) Drawing
	// Claims is what the paper says of its figure, each beside what is found here.
	Claims []claim
}

// Drawing is a figure as it came out.
type Drawing struct {
	Panels []Panel
	Here   string   // what is found here besides the paper's claims
	Absent []string // what is missing, with the reasons
}

// Panel is one system of axes.
type Panel struct {
	Title, X, Y string
	LogX, LogY  bool
	Bars        []string  `json:",omitempty"` // names along the X axis, in place of numbers
	Marks       []float64 `json:",omitempty"` // the only numbers along the X axis
	Steps       bool      `json:",omitempty"` // points are intervals
	Curves      []Curve
}

// Curve is one line of points, or one row of bars.
type Curve struct {
	Name   string
	Points []Point
}

// Point has the spread of what was measured as the ends of a bar: Low and High are of Y.
type Point struct{ X, Y, Low, High float64 }

// Figures are all figures, in the order of the report.
var Figures = []Figure{
	figureLatency, figureSequencers, figureLoss, figureReplicas, figureFailover, figureStore,
}

// Results are what figures draw from.
type Results struct {
	Scale     *Scale
	Cells     []CellResult
	Failovers []Failover
	Profiles  []Profile
	Flaws     []string          // what went wrong
	Absent    map[string]string // system → why it was not measured
}

// find returns the result of a cell, nil if it was not measured.
func (r *Results) find(c Cell) *CellResult {
	for i := range r.Cells {
		if r.Cells[i].Cell == c {
			return &r.Cells[i]
		}
	}
	return nil
}

// absent lists those of some systems that were not measured, with the reasons.
func (r *Results) absent(names ...string) []string {
	var list []string
	for _, name := range names {
		if why, ok := r.Absent[name]; ok {
			list = append(list, title(name)+": "+why)
		}
	}
	return list
}

// title is how figures call a system.
func title(name string) string {
	if s, err := findSystem(name); err == nil {
		return s.Title
	}
	return name
}
