package bench

import (
	"fmt"
	"html"
	"slices"
	"strings"
	"unicode/utf8"

	"gonum.org/v1/plot/vg/draw"
)

// A figure's picture has two panels per row and the legend above them.
const (
	pictureColumns = 2
	captionHeight  = 26
	legendHeight   = 22
	legendSample   = 34
	textWidth      = 7 // of a letter of the legend, approximately
	fontFamily     = "Liberation Sans, Arial, Helvetica, sans-serif"
)

// svg returns the figure as an SVG file, or nothing if it was not measured.
func (f *FigureResult) svg() (string, error) {
	var panels []*Panel
	for i := range f.Panels {
		if len(f.Panels[i].Curves) > 0 {
			panels = append(panels, &f.Panels[i])
		}
	}
	if len(panels) == 0 {
		return "", nil
	}
	columns := min(pictureColumns, len(panels))
	width := columns * int(panelWidth)
	legend, top := f.legendSVG(width)
	var body strings.Builder
	for i, p := range panels {
		x, y := i%columns*int(panelWidth), top+i/columns*(int(panelHeight)+captionHeight)
		drawn, err := p.svg()
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&body, `<text x="%d" y="%d" font-size="13" font-weight="bold">%s</text>`+"\n",
			x+8, y+17, html.EscapeString(p.Title))
		place := fmt.Sprintf(`<svg x="%d" y="%d" width="%d" height="%d" `, x, y+captionHeight, int(panelWidth), int(panelHeight))
		body.WriteString(place + strings.TrimPrefix(drawn, "<svg ") + "\n")
	}
	rows := (len(panels) + columns - 1) / columns
	height := top + rows*(int(panelHeight)+captionHeight)
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"
 width="%d" height="%d" viewBox="0 0 %d %d" font-family="%s" fill="#1a1a1a">
<title>%s</title>
<rect width="100%%" height="100%%" fill="#ffffff"/>
%s%s</svg>
`, width, height, width, height, fontFamily, html.EscapeString(f.Title), legend, body.String()), nil
}

// curveNames lists the curves of all panels, each once. A panel with a single curve needs no legend.
func (f *FigureResult) curveNames() []string {
	var names []string
	for _, p := range f.Panels {
		for _, c := range p.Curves {
			if len(p.Curves) > 1 && !slices.Contains(names, c.Name) {
				names = append(names, c.Name)
			}
		}
	}
	return names
}

// legendSVG draws the legend in lines of the given width and returns where they end.
func (f *FigureResult) legendSVG(width int) (drawn string, bottom int) {
	var b strings.Builder
	x, y := 8, 0
	for i, name := range f.curveNames() {
		length := legendSample + 8 + textWidth*utf8.RuneCountInString(name) + 14
		if x > 8 && x+length > width {
			x, y = 8, y+legendHeight
		}
		fmt.Fprintf(&b, `<g transform="translate(%d,%d)">%s</g><text x="%d" y="%d" font-size="12">%s</text>`+"\n",
			x, y+4, lookOf(name, i).sample(), x+legendSample+6, y+17, html.EscapeString(name))
		x += length
	}
	if b.Len() == 0 {
		return "", 0
	}
	return b.String(), y + legendHeight + 4
}

// sample draws a piece of the curve with its glyph, legendSample wide.
func (l look) sample() string {
	const middle, half = 9, 3.5
	dashes := make([]string, len(l.dash))
	for i, d := range l.dash {
		dashes[i] = fmt.Sprintf("%g", float64(d))
	}
	dash := ""
	if len(dashes) > 0 {
		dash = fmt.Sprintf(` stroke-dasharray="%s"`, strings.Join(dashes, " "))
	}
	line := fmt.Sprintf(`<path d="M0 %d H%d" fill="none" stroke="%s" stroke-width="2"%s/>`, middle, legendSample, l.hex(), dash)
	center := float64(legendSample) / 2
	left, right, top, bottom := center-half, center+half, middle-half, middle+half
	mark, filled := "", false
	switch l.glyph.(type) {
	case draw.CircleGlyph, draw.RingGlyph:
		_, filled = l.glyph.(draw.CircleGlyph)
		mark = fmt.Sprintf("M%g %d a%g %g 0 1 0 %g 0 a%g %g 0 1 0 %g 0", left, middle, half, half, 2*half, half, half, -2*half)
	case draw.SquareGlyph, draw.BoxGlyph:
		_, filled = l.glyph.(draw.BoxGlyph)
		mark = fmt.Sprintf("M%g %g H%g V%g H%g Z", left, top, right, bottom, left)
	case draw.TriangleGlyph, draw.PyramidGlyph:
		_, filled = l.glyph.(draw.PyramidGlyph)
		mark = fmt.Sprintf("M%g %g L%g %g H%g Z", center, top, right, bottom, left)
	case draw.CrossGlyph:
		mark = fmt.Sprintf("M%g %g L%g %g M%g %g L%g %g", left, top, right, bottom, right, top, left, bottom)
	case draw.PlusGlyph:
		mark = fmt.Sprintf("M%g %d H%g M%g %g V%g", left, middle, right, center, top, bottom)
	}
	fill := "none"
	if filled {
		fill = l.hex()
	}
	return line + fmt.Sprintf(`<path d="%s" fill="%s" stroke="%s" stroke-width="1.2"/>`, mark, fill, l.hex())
}
