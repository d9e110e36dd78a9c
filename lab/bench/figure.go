package bench

// Figure is one of the evaluation's figures.
type Figure struct {
	Name   string // in file names
	Title  string
	Source string // in the paper
	Cells  func(*Scale) []Cell
	// Failovers is the deployment whose sequencer is killed; the zero value: none.
	Failovers deploymentKey
	// Draw draws the results. It omits systems that were not measured.
	Draw func(*results) Drawing
	// Claims are the paper's, compared with the results.
	Claims []claim
	// Isolated means that the figure needs the isolated measurements.
	Isolated bool
}

// Drawing is a drawn figure.
type Drawing struct {
	Panels []Panel
	Here   string   // findings besides the paper's claims
	Absent []string // missing systems, with the reasons
}

// Panel is a plot with one pair of axes.
type Panel struct {
	Title, X, Y string
	LogX, LogY  bool
	Bars        []string  `json:",omitempty"` // names along the X axis, instead of numbers
	Marks       []float64 `json:",omitempty"` // the only numbers along the X axis
	Steps       bool      `json:",omitempty"` // points are intervals
	Curves      []Curve
}

// add adds a curve unless it has no points.
func (p *Panel) add(c Curve) {
	if len(c.Points) > 0 {
		p.Curves = append(p.Curves, c)
	}
}

// Curve is one line of points, or one row of bars.
type Curve struct {
	Name   string
	Points []Point
}

// add adds a spread of Y values.
func (c *Curve) add(x float64, y Spread) {
	c.Points = append(c.Points, Point{x, y.Median, y.Low, y.High})
}

// Point is a point with an error bar from Low to High, which are values of Y.
type Point struct{ X, Y, Low, High float64 }

// Figures lists all figures, in the order of the report.
var Figures = []Figure{
	figureIsolated, figureLatency, figureSequencers, figureLoss, figureReplicas, figureFailover, figureStore,
}

// results has all measurements of a run.
type results struct {
	Scale     *Scale
	Isolated  []IsolatedResult
	Cells     []CellResult
	Failovers []Failover
	Profiles  []Profile
	Flaws     []string          // errors
	Absent    map[string]string // system → reason why it was not measured
}

// find returns the result of a cell, or nil if it was not measured.
func (r *results) find(c Cell) *CellResult {
	for i := range r.Cells {
		if r.Cells[i].Cell == c {
			return &r.Cells[i]
		}
	}
	return nil
}

// curve returns a system's curve of a value, over its cells at each x. Cells that were not measured are omitted.
func (r *results) curve(system string, xs []float64, cell func(x float64) Cell, value func(*Summary) Spread) Curve {
	c := Curve{Name: title(system)}
	for _, x := range xs {
		if m := r.find(cell(x)); m != nil {
			c.add(x, value(&m.Summary))
		}
	}
	return c
}

// The values that curves show.
func p50Spread(s *Summary) Spread      { return s.P50 }
func busiestSpread(s *Summary) Spread  { return s.BusiestCPU }
func capacitySpread(s *Summary) Spread { return s.Capacity }

// absent lists those of some systems that were not measured, with the reasons.
func (r *results) absent(names ...string) []string {
	var list []string
	for _, name := range names {
		if why, ok := r.Absent[name]; ok {
			list = append(list, title(name)+": "+why)
		}
	}
	return list
}

// title returns the name of a system in figures.
func title(name string) string {
	if s, err := findSystem(name); err == nil {
		return s.Title
	}
	return name
}
