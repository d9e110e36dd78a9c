package server

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/netordered/nopaxos/replica"
	"github.com/netordered/nopaxos/replica/wire"
)

var testOwner = Owner{Cluster: "lab", Group: 10<<24 | 97<<16 | 1, Member: 1}

func TestRecordSurvives(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	if err := Bootstrap(dir, testOwner); err != nil {
		t.Fatal(err)
	}
	if r, err := loadRecord(dir, testOwner); err != nil || r != replica.Bootstrap() {
		t.Fatalf("record after bootstrap is %+v, %v", r, err)
	}
	want := replica.Record{
		View: wire.View{Leader: 1 << 40, Session: 7}, LastNormal: wire.View{Leader: 3, Session: 6},
		Incarnation: 9, Epoch: 2,
	}
	if err := saveRecord(dir, testOwner, want); err != nil {
		t.Fatal(err)
	}
	if r, err := loadRecord(dir, testOwner); err != nil || r != want {
		t.Fatalf("record is %+v, %v, want %+v", r, err, want)
	}
	if err := Bootstrap(dir, testOwner); !errors.Is(err, ErrRecordExists) {
		t.Errorf("second bootstrap: %v, want ErrRecordExists", err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("directory holds %v, %v, want the record alone", files, err)
	}
}

// Bootstrap changes nothing that has the record's name, even if it cannot tell the file's type.
func TestBootstrapReplacesNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, recordName)
	if err := os.Symlink("elsewhere", path); err != nil { // following it finds nothing
		t.Fatal(err)
	}
	if err := Bootstrap(dir, testOwner); !errors.Is(err, ErrRecordExists) {
		t.Errorf("got %v, want ErrRecordExists", err)
	}
	if to, err := os.Readlink(path); err != nil || to != "elsewhere" {
		t.Errorf("the link leads to %q, %v", to, err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(recordName, path); err != nil { // following it fails
		t.Fatal(err)
	}
	if err := Discard(dir, testOwner); err == nil || errors.Is(err, ErrNoRecord) {
		t.Errorf("Discard: %v, want the error of Stat", err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("directory holds %v, %v, want the link alone", files, err)
	}
}

func TestDirectoryIsPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	if err := Bootstrap(dir, testOwner); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("mode %v, %v, want 0700", info.Mode().Perm(), err)
	}
}

func TestRecordMissingOrDamaged(t *testing.T) {
	dir := t.TempDir()
	if _, err := loadRecord(dir, testOwner); !errors.Is(err, ErrNoRecord) {
		t.Errorf("without a record: %v, want ErrNoRecord", err)
	}
	good := encodeRecord(testOwner, replica.Record{View: wire.View{Leader: 1, Session: 2}, Incarnation: 3})
	for i := range good {
		bad := append([]byte(nil), good...)
		bad[i] ^= 0x10
		if _, _, err := decodeRecord(bad); err == nil {
			t.Errorf("a record with byte %d changed is accepted", i)
		}
	}
	path := filepath.Join(dir, recordName)
	if err := os.WriteFile(path, good[:10], 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := loadRecord(dir, testOwner); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("cut record: %v, want an error that names %s", err, path)
	}
}

// TestForeignRecord checks that a replica refuses the record of another one, and names both.
func TestForeignRecord(t *testing.T) {
	dir := t.TempDir()
	if err := Bootstrap(dir, testOwner); err != nil {
		t.Fatal(err)
	}
	for _, other := range []struct {
		owner Owner
		text  string
	}{
		{Owner{Cluster: "lab", Group: testOwner.Group, Member: 2}, `replica 2 of group 10.97.0.1 in cluster "lab"`},
		{Owner{Cluster: "lab", Group: testOwner.Group + 1, Member: 1}, `replica 1 of group 10.97.0.2 in cluster "lab"`},
		{Owner{Cluster: "production", Group: testOwner.Group, Member: 1}, `replica 1 of group 10.97.0.1 in cluster "production"`},
	} {
		_, err := loadRecord(dir, other.owner)
		for what, err := range map[string]error{"start": err, "discard": Discard(dir, other.owner)} {
			if !errors.Is(err, ErrForeignRecord) || !strings.Contains(err.Error(), other.text) || !strings.Contains(err.Error(), testOwner.String()) {
				t.Errorf("%s of %s: %v, expected an error that names both", what, other.text, err)
			}
		}
	}
	if _, err := loadRecord(dir, testOwner); err != nil {
		t.Error(err)
	}
}

// TestRecordVersion checks that a record of version 1, which had no owner, is refused by its version.
func TestRecordVersion(t *testing.T) {
	dir := t.TempDir()
	old := append([]byte("NPRE\x01"), make([]byte, 44)...)
	if err := os.WriteFile(filepath.Join(dir, recordName), old, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := loadRecord(dir, testOwner); err == nil || !strings.Contains(err.Error(), "version 1, expected 2") {
		t.Errorf("got %v, expected an error with both versions", err)
	}
	if err := Discard(dir, testOwner); err != nil {
		t.Errorf("it cannot be discarded: %v", err)
	}
}

// TestUnfinishedRecord checks that a start removes what a process that was killed while it saved has left.
func TestUnfinishedRecord(t *testing.T) {
	dir := t.TempDir()
	leave := func() {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, recordName+".123456"), []byte("NPRE"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	left := func(after string) {
		t.Helper()
		if files, err := os.ReadDir(dir); err != nil || len(files) != 1 || files[0].Name() != recordName {
			t.Errorf("after %s the directory holds %v, %v, expected the record alone", after, files, err)
		}
	}
	leave()
	if err := Bootstrap(dir, testOwner); err != nil {
		t.Fatal(err)
	}
	left("bootstrap")
	leave()
	_, err := open(Config{Cluster: testOwner.Cluster, Group: testOwner.Group, Dir: dir}) // of another member, so that it ends there
	if !errors.Is(err, ErrForeignRecord) {
		t.Fatal(err)
	}
	left("a start")
}

func FuzzRecord(f *testing.F) {
	f.Add(encodeRecord(testOwner, replica.Bootstrap()))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		if o, r, err := decodeRecord(b); err == nil && string(encodeRecord(o, r)) != string(b) {
			t.Errorf("%x reads as %v, %+v, which is written as %x", b, o, r, encodeRecord(o, r))
		}
	})
}
