package bench

import (
	"bytes"
	"errors"
	"fmt"
	"html"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// palette is that of Okabe and Ito, whose colours most people with colour blindness can distinguish.
var palette = []color.RGBA{
	{0x00, 0x72, 0xb2, 0xff}, {0x00, 0x00, 0x00, 0xff}, {0xd5, 0x5e, 0x00, 0xff}, {0xe6, 0x9f, 0x00, 0xff},
	{0x00, 0x9e, 0x73, 0xff}, {0xcc, 0x79, 0xa7, 0xff}, {0x56, 0xb4, 0xe9, 0xff}, {0x80, 0x80, 0x80, 0xff},
}

var dashes = [][]vg.Length{nil, {4, 3}, {1.5, 2}, {7, 3, 1.5, 3}}

var glyphs = []draw.GlyphDrawer{
	draw.CircleGlyph{}, draw.SquareGlyph{}, draw.TriangleGlyph{}, draw.CrossGlyph{}, draw.PlusGlyph{}, draw.RingGlyph{}, draw.BoxGlyph{}, draw.PyramidGlyph{},
}

// look is the style of a curve. A system has the same look in all figures.
type look struct {
	color color.RGBA
	dash  []vg.Length
	glyph draw.GlyphDrawer
}

// lookOf returns the look of the i-th curve of a panel.
func lookOf(name string, i int) look {
	if at := slices.IndexFunc(Systems, func(s System) bool { return s.Title == name }); at >= 0 {
		i = at
	}
	j := i + i/len(palette) // repeated colours get other lines and glyphs
	return look{palette[i%len(palette)], dashes[j%len(dashes)], glyphs[j%len(glyphs)]}
}

// hex returns the colour in CSS notation.
func (l look) hex() string { return fmt.Sprintf("#%02x%02x%02x", l.color.R, l.color.G, l.color.B) }

// The size of panels; pages scale them.
const (
	panelWidth  = 460 * vg.Length(1)
	panelHeight = 300 * vg.Length(1)
)

// svg draws the panel as an SVG element that fills the available width.
func (p *Panel) svg() (string, error) {
	if len(p.Curves) == 0 {
		return "", errors.New("it has no measurements")
	}
	chart, err := p.chart()
	if err != nil {
		return "", fmt.Errorf("panel %q: %w", p.Title, err)
	}
	canvas := vgsvg.New(panelWidth, panelHeight)
	chart.Draw(draw.New(canvas))
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return "", fmt.Errorf("panel %q: %w", p.Title, err)
	}
	text := b.Bytes()
	start, end := bytes.Index(text, []byte("<svg")), -1
	if start >= 0 {
		end = bytes.IndexByte(text[start:], '>')
	}
	if end < 0 {
		return "", fmt.Errorf("panel %q: the output has no SVG element", p.Title)
	}
	head := fmt.Sprintf(`<svg viewBox="0 0 %g %g" role="img" aria-label="%s" xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">`,
		float64(panelWidth), float64(panelHeight), html.EscapeString(p.Title))
	return head + string(text[start+end+1:]), nil
}

// chart lays the panel out.
func (p *Panel) chart() (*plot.Plot, error) {
	c := plot.New()
	sans := font.Font{Typeface: "Liberation", Variant: "Sans", Size: 10}
	for _, style := range []*draw.TextStyle{&c.X.Label.TextStyle, &c.Y.Label.TextStyle, &c.X.Tick.Label, &c.Y.Tick.Label} {
		style.Font = sans
	}
	c.X.Label.Text, c.Y.Label.Text = p.X, p.Y
	c.X.Label.Padding, c.Y.Label.Padding = 6, 6
	c.X.Tick.Marker, c.Y.Tick.Marker = ticks{p.LogX}, ticks{p.LogY}
	if p.LogX {
		c.X.Scale = plot.LogScale{}
	}
	if p.LogY {
		c.Y.Scale = plot.LogScale{}
	}
	grid := plotter.NewGrid()
	faint := color.Gray{0xdd}
	grid.Horizontal.Color, grid.Vertical.Color = faint, faint
	if len(p.Bars) > 0 {
		grid.Vertical.Width = 0
	}
	c.Add(grid)
	add := p.addCurves
	if len(p.Bars) > 0 {
		add = p.addBars
	}
	if err := add(c); err != nil {
		return nil, err
	}
	c.Y.Max = headroom(c.Y.Max, p.LogY)
	if !p.LogY {
		c.Y.Min = min(c.Y.Min, 0)
	}
	p.arrangeX(c)
	widen(&c.X)
	widen(&c.Y)
	return c, nil
}

// crowded is the largest number of bar names that fit horizontally.
const crowded = 6

// arrangeX sets the range and the ticks of the X axis.
func (p *Panel) arrangeX(c *plot.Plot) {
	switch {
	case len(p.Bars) > 0:
		c.X.Min, c.X.Max = -0.6, float64(len(p.Bars))-0.4
		if len(p.Bars) > crowded {
			c.X.Tick.Label.Rotation = math.Pi / 7
			c.X.Tick.Label.XAlign, c.X.Tick.Label.YAlign = draw.XRight, draw.YTop
		}
	case len(p.Marks) > 0:
		list := make(plot.ConstantTicks, len(p.Marks))
		for i, v := range p.Marks {
			list[i] = plot.Tick{Value: v, Label: short(v)}
		}
		c.X.Tick.Marker = list
		c.X.Min, c.X.Max = p.Marks[0]-0.5, p.Marks[len(p.Marks)-1]+0.5
		if p.LogX {
			c.X.Min, c.X.Max = p.Marks[0]/1.3, p.Marks[len(p.Marks)-1]*1.3
		}
	default:
		c.X.Max = headroom(c.X.Max, p.LogX)
		if !p.LogX {
			c.X.Min = min(c.X.Min, 0)
		}
	}
}

// headroom adds some room behind the last point of an axis.
func headroom(end float64, log bool) float64 {
	if log {
		return end * 1.3
	}
	return end * 1.05
}

// widen gives an axis with a single value a positive length.
func widen(a *plot.Axis) {
	if a.Max <= a.Min {
		a.Min, a.Max = a.Min*0.9, a.Max*1.1
	}
	if a.Max <= a.Min {
		a.Max = a.Min + 1
	}
}

// manyPoints is the largest number of points that get glyphs.
const manyPoints = 64

func (p *Panel) addCurves(c *plot.Plot) error {
	for i, curve := range p.Curves {
		l := lookOf(curve.Name, i)
		points := curve.visible(p)
		if len(points) == 0 {
			continue
		}
		line, dots, err := plotter.NewLinePoints(points)
		if err != nil {
			return err
		}
		line.Color, line.Width, line.Dashes = l.color, 1.5, l.dash
		dots.Color, dots.Radius, dots.Shape = l.color, 2.5, l.glyph
		if p.Steps {
			line.StepStyle, line.Width = plotter.MidStep, 1
		}
		c.Add(line)
		if len(points) <= manyPoints {
			c.Add(dots)
			bars, err := plotter.NewYErrorBars(points)
			if err != nil {
				return err
			}
			bars.Color, bars.Width = l.color, 0.75
			c.Add(bars)
		}
	}
	return nil
}

func (p *Panel) addBars(c *plot.Plot) error {
	width := 0.8 * (panelWidth - 80) / vg.Length(len(p.Bars)*len(p.Curves))
	for i, curve := range p.Curves {
		values := make(plotter.Values, len(p.Bars))
		for _, point := range curve.Points {
			if at := int(point.X); at >= 0 && at < len(values) && !bad(point.Y) {
				values[at] = point.Y
			}
		}
		bars, err := plotter.NewBarChart(values, width)
		if err != nil {
			return err
		}
		l := lookOf(curve.Name, i)
		bars.Color, bars.LineStyle.Width = l.color, 0
		bars.Offset = width * (vg.Length(i) - vg.Length(len(p.Curves)-1)/2)
		c.Add(bars, whiskers{curve.Points, bars.Offset})
		if len(p.Curves) > 1 {
			c.Add(feet{curve.Points, bars.Offset, l.glyph})
		}
	}
	c.NominalX(p.Bars...)
	return nil
}

// feet draws a curve's glyph at the feet of its bars, which distinguishes the bars without colours.
type feet struct {
	points []Point
	offset vg.Length
	glyph  draw.GlyphDrawer
}

// Plot implements plot.Plotter. Only bars that are tall enough get a glyph.
func (f feet) Plot(c draw.Canvas, p *plot.Plot) {
	const above, room = 7, 14
	x, y := p.Transforms(&c)
	style := draw.GlyphStyle{Color: color.White, Radius: 2.5, Shape: f.glyph}
	for _, point := range f.points {
		if !bad(point.Y) && y(point.Y)-y(p.Y.Min) >= room {
			c.DrawGlyph(style, vg.Point{X: x(point.X) + f.offset, Y: y(p.Y.Min) + above})
		}
	}
}

// whiskers draws the spreads of one curve's bars.
type whiskers struct {
	points []Point
	offset vg.Length
}

// Plot implements plot.Plotter.
func (w whiskers) Plot(c draw.Canvas, p *plot.Plot) {
	const half = 2
	x, y := p.Transforms(&c)
	style := draw.LineStyle{Color: color.Gray{0x40}, Width: 0.75}
	for _, point := range w.points {
		if bad(point.Low) || bad(point.High) || point.High <= point.Low {
			continue
		}
		at, low, high := x(point.X)+w.offset, y(point.Low), y(point.High)
		c.StrokeLine2(style, at, low, at, high)
		c.StrokeLine2(style, at-half, low, at+half, low)
		c.StrokeLine2(style, at-half, high, at+half, high)
	}
}

// DataRange implements plot.DataRanger.
func (w whiskers) DataRange() (xmin, xmax, ymin, ymax float64) {
	xmin, xmax, ymin, ymax = math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for _, point := range w.points {
		if !bad(point.Low) && !bad(point.High) {
			xmin, xmax = min(xmin, point.X), max(xmax, point.X)
			ymin, ymax = min(ymin, point.Low), max(ymax, point.High)
		}
	}
	return xmin, xmax, ymin, ymax
}

// bad reports whether a value cannot be plotted.
func bad(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }

// points implements plotter.XYer and plotter.YErrorer.
type points []Point

func (p points) Len() int                       { return len(p) }
func (p points) XY(i int) (x, y float64)        { return p[i].X, p[i].Y }
func (p points) YError(i int) (low, hi float64) { return p[i].Y - p[i].Low, p[i].High - p[i].Y }

// visible returns the points that the panel's axes can show.
func (c *Curve) visible(p *Panel) points {
	var list points
	for _, point := range c.Points {
		hidden := bad(point.Y) || p.LogX && point.X <= 0 || p.LogY && min(point.Y, point.Low) <= 0
		if !hidden {
			list = append(list, point)
		}
	}
	return list
}

// ticks formats numbers in thousands and millions.
type ticks struct{ log bool }

// Ticks implements plot.Ticker.
func (t ticks) Ticks(low, high float64) []plot.Tick {
	var list []plot.Tick
	if t.log {
		list = plot.LogTicks{Prec: -1}.Ticks(low, high)
		if labels(list) < 2 {
			list = plot.DefaultTicks{}.Ticks(low, high)
		}
	} else {
		list = plot.DefaultTicks{}.Ticks(low, high)
	}
	for i := range list {
		if list[i].Label != "" {
			list[i].Label = short(list[i].Value)
		}
	}
	return list
}

func labels(list []plot.Tick) int {
	n := 0
	for _, t := range list {
		if t.Label != "" {
			n++
		}
	}
	return n
}

// short formats a number in few characters.
func short(v float64) string {
	switch {
	case math.Abs(v) >= 1e6:
		return fmt.Sprintf("%.3gM", v/1e6)
	case math.Abs(v) >= 1e4:
		return fmt.Sprintf("%.3gk", v/1e3)
	}
	return fmt.Sprintf("%.4g", v)
}
