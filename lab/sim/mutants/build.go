package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// hunters are the programs that look for a broken promise. They are built once with each planted bug.
const (
	seedHunter  = "./sim/mutants/hunter"
	worldHunter = "./sim/worlds/hunter"
)

// checkout returns the root of the source tree, which is the parent of the laboratory's module.
func checkout(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOMOD: %w", err)
	}
	lab := filepath.Dir(strings.TrimSpace(string(out)))
	if filepath.Base(lab) != "lab" {
		return "", fmt.Errorf("go env GOMOD is %q, expected the path of lab/go.mod: run this in lab", out)
	}
	return filepath.Dir(lab), nil
}

// build builds a hunter with the given files in place of those in the tree.
func build(ctx context.Context, hunter, root, dir, name string, changed map[string][]byte) (string, error) {
	replace := map[string]string{}
	for path, content := range changed {
		to := filepath.Join(dir, fmt.Sprintf("%s-%d-%s", name, len(replace), filepath.Base(path)))
		if err := os.WriteFile(to, content, 0o600); err != nil {
			return "", err
		}
		replace[path] = to
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	overlayFile := filepath.Join(dir, name+".json")
	if err := os.WriteFile(overlayFile, overlay, 0o600); err != nil {
		return "", err
	}
	binary := filepath.Join(dir, name)
	// -s -w: linking takes half the time without debugging information.
	cmd := exec.CommandContext(ctx, "go", "build", "-overlay", overlayFile, "-ldflags=-s -w", "-o", binary, hunter)
	cmd.Dir = filepath.Join(root, "lab")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("mutant %s does not build: %w\n%s", name, err, out)
	}
	return binary, nil
}

// plant builds a hunter with a mutant.
func (o *options) plant(ctx context.Context, hunter string, m *mutant) (binary string, err error) {
	changed, err := m.apply(o.root)
	if err != nil {
		return "", err
	}
	return build(ctx, hunter, o.root, o.dir, m.name, changed)
}

// find is the hunter's output.
type find struct {
	Runs    int
	Profile string
	Seed    uint64
	What    string
}

// hunt runs a hunter, which skips the first runs.
func hunt(ctx context.Context, binary string, profiles []string, first uint64, from, runs int) (find, error) {
	var f find
	cmd := exec.CommandContext(ctx, binary, "-profiles", strings.Join(profiles, ","),
		"-first", fmt.Sprint(first), "-from", fmt.Sprint(from), "-runs", fmt.Sprint(runs))
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	return f, decodeOutput(cmd, &f)
}

// decodeOutput runs a hunter and decodes its output.
func decodeOutput(cmd *exec.Cmd, find any) error {
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", filepath.Base(cmd.Path), err, stderr.String())
	}
	if err := json.Unmarshal(out, find); err != nil {
		return fmt.Errorf("%s printed %q: %w", filepath.Base(cmd.Path), out, err)
	}
	return nil
}
