package failover

import (
	"strings"
	"testing"
)

func TestConfigIsChecked(t *testing.T) {
	group := Group{Number: 1, F: 1, Replicas: 3}
	tests := []struct {
		name string
		cfg  Config
		want string
	}{
		{"no targets", Config{Groups: []Group{group}}, "Targets is 0"},
		{"a group twice", Config{Groups: []Group{group, group}, Targets: 1}, "is a duplicate"},
		{"too few replicas", Config{Groups: []Group{{Number: 1, F: 2, Replicas: 4}}, Targets: 1}, "4 replicas"},
		{"negative time", Config{Targets: 1, Timing: Timing{Grace: -1}}, "Grace"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := New(tt.cfg); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("New() = %v, want an error that names %q", err, tt.want)
			}
		})
	}
}
