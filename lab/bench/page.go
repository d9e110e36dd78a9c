package bench

import (
	_ "embed"
	"html/template"
	"io"
	"slices"
)

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"title": title, "short": short, "list": list, "percent": percent,
}).Parse(pageText))

// page is the data of the template.
type page struct {
	*Report
	Charts  []chartedFigure
	Missing []string

	IsolatedNote  string
	IsolatedTable [][]string
}

// chartedFigure is a figure with its panels drawn.
type chartedFigure struct {
	FigureResult
	Charts []chart
	Legend []legend
}

type chart struct {
	Title, Flaw string // Flaw: the reason for a missing SVG
	SVG         template.HTML
}

type legend struct {
	Name   string
	Sample template.HTML
}

// writeHTML writes the report as one self-contained page.
func (r *Report) writeHTML(w io.Writer) error {
	p := page{
		Report: r, Missing: r.missing(),
		IsolatedNote: isolatedNote, IsolatedTable: r.isolatedTable(),
	}
	for _, f := range r.Figures {
		p.Charts = append(p.Charts, f.charted())
	}
	return pageTemplate.Execute(w, p)
}

func (f *FigureResult) charted() chartedFigure {
	c := chartedFigure{FigureResult: *f}
	for i := range f.Panels {
		panel := &f.Panels[i]
		drawn := chart{Title: panel.Title}
		if text, err := panel.svg(); err != nil {
			drawn.Flaw = err.Error()
		} else {
			drawn.SVG = template.HTML(text) // by gonum's SVG writer, which escapes text
		}
		c.Charts = append(c.Charts, drawn)
	}
	for i, name := range f.curveNames() {
		c.Legend = append(c.Legend, legend{name, template.HTML(lookOf(name, i).sample())}) // only numbers and colours
	}
	return c
}

// missing lists the systems that were not measured, with the reasons.
func (r *Report) missing() []string {
	var list []string
	for name, why := range r.Absent {
		list = append(list, title(name)+": "+why)
	}
	slices.Sort(list)
	return list
}
