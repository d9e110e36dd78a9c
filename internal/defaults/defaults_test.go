package defaults

import (
	"reflect"
	"testing"
	"time"
)

type embedded struct {
	Pause time.Duration `default:"5ms" max:"1s"`
}

type config struct {
	embedded
	Name   string `default:"x"`
	Window int    `default:"256" max:"4096"`
	Slots  uint64 `default:"16" min:"16"`
	F      int    `min:"0"`
	Free   int
}

func TestApply(t *testing.T) {
	for _, c := range []struct {
		change func(*config)
		want   string // "": no error
	}{
		{func(*config) {}, ""},
		{func(c *config) { c.Free = -1 }, ""},
		{func(c *config) { c.Window = -1 }, "Window is -1, expected a whole number from 1 to 4096"},
		{func(c *config) { c.Window = 4097 }, "Window is 4097, expected a whole number from 1 to 4096"},
		{func(c *config) { c.Slots = 3 }, "Slots is 3, expected a whole number, at least 16"},
		{func(c *config) { c.F = -1 }, "F is -1, expected a whole number, at least 0"},
		{func(c *config) { c.Pause = -time.Second }, "Pause is -1s, expected a duration above zero like 5ms, at most 1s"},
	} {
		var got config
		c.change(&got)
		if err := Apply(&got); c.want == "" && err != nil || c.want != "" && (err == nil || err.Error() != c.want) {
			t.Errorf("%v, expected %q", err, c.want)
		}
	}
	var got config
	if err := Apply(&got); err != nil || got != (config{embedded: embedded{5 * time.Millisecond}, Name: "x", Window: 256, Slots: 16}) {
		t.Errorf("filled in: %+v, %v", got, err)
	}
}

func TestSet(t *testing.T) {
	v := reflect.ValueOf(new(config)).Elem()
	for _, c := range []struct {
		field, text, expected string // expected "": accepted
	}{
		{"Window", "12", ""},
		{"Window", "x", "a whole number from 1 to 4096"},
		{"Window", "0", "a whole number from 1 to 4096"},
		{"Slots", "99999999999999999999", "a whole number, at least 16"},
		{"Name", "anything", ""},
	} {
		f, _ := v.Type().FieldByName(c.field)
		if got, ok := Set(v.FieldByName(c.field), f.Tag, c.text); got != c.expected || ok != (c.expected == "") {
			t.Errorf("%s = %q: %v, expected %q, want %q", c.field, c.text, ok, got, c.expected)
		}
	}
}
