package bench

import (
	"encoding/xml"
	"io"
	"math"
	"strings"
	"testing"
)

// Drawings of any measurements are well-formed.
func TestPanelsAreWellFormed(t *testing.T) {
	curve := func(points ...Point) []Curve {
		return []Curve{{Name: "NOPaxos", Points: points}, {Name: "<&\">", Points: points}}
	}
	for _, p := range []Panel{
		{Title: `<"&'>`, X: "operations/s", Y: "µs", LogY: true, Curves: curve(Point{1, 2, 1, 3}, Point{2, 20, 10, 30})},
		{Title: "one point", LogX: true, LogY: true, Curves: curve(Point{1, 2, 2, 2})},
		{Title: "zeros", Curves: curve(Point{}, Point{})},
		{Title: "zeros on logarithmic axes", LogX: true, LogY: true, Curves: curve(Point{}, Point{3, 0, 0, 1}, Point{3, 3, 3, 3})},
		{Title: "no number", Curves: curve(Point{1, math.NaN(), 0, 0}, Point{2, 1, 1, 1})},
		{Title: "marks and steps", Marks: []float64{3, 5}, Steps: true, Curves: curve(Point{3, 1, 1, 1}, Point{5, 2, 2, 2})},
		{Title: "marks on a logarithmic axis", LogX: true, Marks: []float64{1, 8}, Curves: curve(Point{1, 1, 1, 1}, Point{8, 2, 2, 2})},
		{Title: "many bars", Bars: strings.Fields("a b c d e f g h"), Curves: curve(Point{0, 1, 1, 1})},
		{Title: "bars", Bars: []string{"a", "<b>"}, Curves: curve(Point{0, 1, 1, 1}, Point{1, 2, 2, 2}, Point{7, 1, 1, 1})},
	} {
		text, err := p.svg()
		if err != nil {
			t.Errorf("%s: %v", p.Title, err)
			continue
		}
		if err := wellFormed(text); err != nil {
			t.Errorf("%s: %v in\n%s", p.Title, err, text)
		}
	}
	if _, err := (&Panel{}).svg(); err == nil {
		t.Error("an empty panel was drawn")
	}
}

func wellFormed(text string) error {
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := d.Token(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func TestSpread(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   Spread
	}{
		{nil, Spread{}},
		{[]float64{3}, Spread{3, 3, 3}},
		{[]float64{3, 1}, Spread{2, 1, 3}},
		{[]float64{9, 1, 2}, Spread{2, 1, 9}},
	} {
		if got := spread(c.values); got != c.want {
			t.Errorf("%v: got %v, expected %v", c.values, got, c.want)
		}
	}
}
