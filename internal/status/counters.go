package status

import (
	"reflect"
	"strings"
	"unicode"
)

// AddCounters adds the exported uint64 fields of the struct stats to the role's counters, each under the name
// prefix_field_name.
func (r *Role) AddCounters(prefix string, stats any) {
	v := reflect.ValueOf(stats)
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.IsExported() && f.Type.Kind() == reflect.Uint64 {
			r.AddCounter(prefix+"_"+snake(f.Name), v.Field(i).Uint())
		}
	}
}

// AddCounter adds one counter.
func (r *Role) AddCounter(name string, v uint64) {
	if r.Counters == nil {
		r.Counters = make(map[string]uint64)
	}
	r.Counters[name] = v
}

// snake converts a Go name to the form of metric names: NoOps becomes no_ops.
func snake(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, c := range runes {
		if unicode.IsUpper(c) && i > 0 && (!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}
