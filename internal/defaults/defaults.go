// Package defaults fills in and checks configurations by the tags of their fields:
//
//	Window int `default:"256" min:"1" max:"4096"`
//
// A field of type string, int, uint64 or time.Duration that is zero takes its default. A number or duration must not be below
// min, which is 1 without that tag (for a duration 1 ns), nor above max.
package defaults

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"time"
)

// Apply fills in the struct that config points to, and returns an error about the first field that is out of its bounds.
// It covers embedded structs.
func Apply(config any) error {
	Fill(config)
	var err error
	walk(reflect.ValueOf(config).Elem(), func(f reflect.StructField, v reflect.Value) {
		if n, ok := number(v); ok && err == nil && !within(n, v.Type(), f.Tag) {
			err = fmt.Errorf("%s is %v, expected %s", f.Name, v, expected(v.Type(), f.Tag))
		}
	})
	return err
}

// Fill sets every zero field of the struct that config points to, and of the structs embedded in it, to its default.
func Fill(config any) {
	walk(reflect.ValueOf(config).Elem(), func(f reflect.StructField, v reflect.Value) {
		if text, ok := f.Tag.Lookup("default"); ok && v.IsZero() {
			if expected, ok := Set(v, f.Tag, text); !ok {
				panic(fmt.Sprintf("defaults: %s has the default %q, expected %s", f.Name, text, expected))
			}
		}
	})
}

// walk visits the fields that have a tag of this package.
func walk(v reflect.Value, visit func(reflect.StructField, reflect.Value)) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		switch {
		case f.Anonymous && f.Type.Kind() == reflect.Struct:
			walk(v.Field(i), visit)
		case f.Tag.Get("default") != "" || f.Tag.Get("min") != "" || f.Tag.Get("max") != "":
			visit(f, v.Field(i))
		}
	}
}

// Set sets v, a field with the given tag, to the value that text stands for. If that is not a value for the field, ok is false
// and expected describes the values that are.
func Set(v reflect.Value, tag reflect.StructTag, text string) (expectedValue string, ok bool) {
	if v.Kind() == reflect.String {
		v.SetString(text)
		return "", true
	}
	n, err := parse(v.Type(), text)
	if err != nil || !within(n, v.Type(), tag) {
		return expected(v.Type(), tag), false
	}
	if v.CanUint() {
		v.SetUint(uint64(n))
	} else {
		v.SetInt(n)
	}
	return "", true
}

var duration = reflect.TypeFor[time.Duration]()

func parse(t reflect.Type, text string) (int64, error) {
	if t == duration {
		d, err := time.ParseDuration(text)
		return int64(d), err
	}
	return strconv.ParseInt(text, 10, 64)
}

func number(v reflect.Value) (int64, bool) {
	switch {
	case v.CanUint():
		return int64(min(v.Uint(), math.MaxInt64)), true
	case v.CanInt():
		return v.Int(), true
	}
	return 0, false
}

func within(n int64, t reflect.Type, tag reflect.StructTag) bool {
	return n >= bound(t, tag, "min", 1) && n <= bound(t, tag, "max", math.MaxInt64)
}

func bound(t reflect.Type, tag reflect.StructTag, name string, otherwise int64) int64 {
	text, ok := tag.Lookup(name)
	if !ok {
		return otherwise
	}
	n, err := parse(t, text)
	if err != nil {
		panic(fmt.Sprintf("defaults: %s:%q: %v", name, text, err))
	}
	return n
}

// expected describes the values of a number or duration.
func expected(t reflect.Type, tag reflect.StructTag) string {
	least, most := tag.Get("min"), tag.Get("max")
	what := "a whole number"
	if t == duration {
		what = "a duration"
		if least == "" {
			what += " above zero like 5ms"
		}
	} else if least == "" {
		least = "1"
	}
	switch {
	case least != "" && most != "":
		return what + " from " + least + " to " + most
	case least != "":
		return what + ", at least " + least
	case most != "":
		return what + ", at most " + most
	}
	return what
}
