package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/netordered/nopaxos/p4src"
)

// TestGeneratedIsFresh compiles oum.p4 and compares the output with the checked-in artefacts. It skips
// with another version of the compiler, whose output may differ.
func TestGeneratedIsFresh(t *testing.T) {
	version, err := bmv2CompilerVersion()
	if errors.Is(err, errMissing) {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	p4info, err := os.ReadFile("../generated/oum.p4info.txtpb")
	if err != nil {
		t.Fatal(err)
	}
	header, _, _ := strings.Cut(string(p4info), "\n")
	if want := fmt.Sprintf("(%s %s)", bmv2Compiler, version); !strings.Contains(header, want) {
		t.Skipf("the header of generated/ is %q, and this compiler is %s %s", header, bmv2Compiler, version)
	}
	made, err := compileBMv2("..")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(made.p4info, p4info) {
		t.Error("generated/oum.p4info.txtpb differs from the compiled oum.p4: run make p4")
	}
	if !bytes.Equal(made.config, p4src.BMv2Config()) {
		t.Error("generated/oum.json differs from the compiled oum.p4: run make p4")
	}
}

func TestWithoutSourceInfo(t *testing.T) {
	got, err := withoutSourceInfo([]byte(`{"b": [{"source_info": {"line": 1}, "x": 18446744073709551615}], "a": "<"}`))
	want := "{\n \"a\": \"<\",\n \"b\": [\n  {\n   \"x\": 18446744073709551615\n  }\n ]\n}\n"
	if err != nil || string(got) != want {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
	if _, err := withoutSourceInfo([]byte(`{`)); err == nil {
		t.Error("truncated JSON was accepted")
	}
}
