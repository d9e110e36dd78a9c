package cluster

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/netordered/nopaxos/cluster/limits"
	"github.com/netordered/nopaxos/replica/wire"
)

// TestBoundsOfTags compares bounds in tags with the constants that they come from.
func TestBoundsOfTags(t *testing.T) {
	for _, c := range []struct {
		of               any
		field, tag, want string
	}{
		{File{}, "MTU", "min", fmt.Sprint(wire.MinMTU)},
		{Group{}, "F", "max", fmt.Sprint((wire.MaxReplicas - 1) / 2)},
		{limits.Client{}, "Window", "max", fmt.Sprint(wire.MaxOutstanding)},
		{Topology{}, "Probe", "min", MinProbe.String()},
		{Topology{}, "Probe", "max", MaxProbe.String()},
	} {
		f, _ := reflect.TypeOf(c.of).FieldByName(c.field)
		if got := f.Tag.Get(c.tag); got != c.want {
			t.Errorf("%T.%s has %s %q, expected %q", c.of, c.field, c.tag, got, c.want)
		}
	}
}
