package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// maxIngressStages bounds the program's ingress stages, so that it fits beside another program in a pipe
// of twelve.
const maxIngressStages = 4

// compileTofino empties dir, compiles oum_tna.p4 into it, and writes a report of the program's use of
// the chip to w. It passes flags to the compiler.
func compileTofino(sources, dir string, flags []string, w io.Writer) error {
	compiler, err := findTofinoCompiler()
	if err != nil {
		return err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return err
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	// The compiler does not know the P4Runtime annotations of headers.
	args := append([]string{"--target", "tofino", "--arch", "tna", "-g", "--Wdisable=unknown",
		"--p4runtime-files", filepath.Join(dir, "oum.p4info.txtpb"), "-o", dir}, flags...)
	c := exec.Command(compiler, append(args, "oum_tna.p4")...)
	c.Dir = sources
	output, err := c.CombinedOutput()
	fmt.Fprintf(w, "%s", output)
	if err != nil {
		return fmt.Errorf("%s: %w", compiler, err)
	}
	if err := checkParser(dir); err != nil {
		return err
	}
	used, err := readReport(dir)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%s compiled oum_tna.p4 into %s:\n", compiler, dir)
	used.print(w)
	if used.IngressStages > maxIngressStages {
		return fmt.Errorf("the program uses %d ingress stages, expected at most %d", used.IngressStages, maxIngressStages)
	}
	return nil
}

// findTofinoCompiler returns the compiler driver of Intel's SDE, or that of a p4c with the Tofino
// backend. Both accept the same options.
func findTofinoCompiler() (string, error) {
	if path, err := exec.LookPath("bf-p4c"); err == nil {
		return path, nil
	}
	if _, err := exec.LookPath("p4c-barefoot"); err == nil {
		if path, err := exec.LookPath("p4c"); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("a compiler for Tofino is %w: put bf-p4c of Intel's SDE on the PATH, or p4c, "+
		"p4c-barefoot and bfas from github.com/p4lang/p4c built with ENABLE_TOFINO", errMissing)
}
