package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// errMissing reports a compiler that is not installed.
var errMissing = errors.New("not installed")

func main() {
	err := run(os.Args[1:])
	switch {
	case err == nil:
	case errors.Is(err, errMissing):
		fmt.Fprintln(os.Stderr, "compile:", err)
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "compile:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return errors.New("expected a target: bmv2 or tofino")
	}
	sources, err := findSources()
	if err != nil {
		return err
	}
	switch args[0] {
	case "bmv2":
		if len(args) > 1 {
			return fmt.Errorf("arguments after bmv2 are %q, expected none", args[1:])
		}
		return writeBMv2(sources)
	case "tofino":
		if len(args) < 2 {
			return errors.New("expected a directory after tofino, then flags for the compiler")
		}
		return compileTofino(sources, args[1], args[2:], os.Stdout)
	default:
		return fmt.Errorf("target is %q, expected bmv2 or tofino", args[0])
	}
}

// findSources returns the directory of the P4 sources, relative to the module's root or to p4src.
func findSources() (string, error) {
	for _, dir := range []string{"p4src", ".", ".."} {
		if _, err := os.Stat(filepath.Join(dir, "oum.p4")); err == nil {
			return dir, nil
		}
	}
	return "", errors.New("oum.p4 not found, expected to run in the module's root or in p4src")
}
