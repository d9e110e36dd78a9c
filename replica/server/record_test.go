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

func TestRecordSurvives(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	if err := Bootstrap(dir); err != nil {
		t.Fatal(err)
	}
	if r, err := loadRecord(dir); err != nil || r != replica.Bootstrap() {
		t.Fatalf("record after bootstrap is %+v, %v", r, err)
	}
	want := replica.Record{
		View: wire.View{Leader: 1 << 40, Session: 7}, LastNormal: wire.View{Leader: 3, Session: 6},
		Incarnation: 9, Epoch: 2,
	}
	if err := saveRecord(dir, want); err != nil {
		t.Fatal(err)
	}
	if r, err := loadRecord(dir); err != nil || r != want {
		t.Fatalf("record is %+v, %v, want %+v", r, err, want)
	}
	if err := Bootstrap(dir); !errors.Is(err, ErrRecordExists) {
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
	if err := Bootstrap(dir); !errors.Is(err, ErrRecordExists) {
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
	if err := Discard(dir); err == nil || errors.Is(err, ErrNoRecord) {
		t.Errorf("Discard: %v, want the error of Stat", err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("directory holds %v, %v, want the link alone", files, err)
	}
}

func TestDirectoryIsPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	if err := Bootstrap(dir); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("mode %v, %v, want 0700", info.Mode().Perm(), err)
	}
}

func TestRecordMissingOrDamaged(t *testing.T) {
	dir := t.TempDir()
	if _, err := loadRecord(dir); !errors.Is(err, ErrNoRecord) {
		t.Errorf("without a record: %v, want ErrNoRecord", err)
	}
	good := encodeRecord(replica.Record{View: wire.View{Leader: 1, Session: 2}, Incarnation: 3})
	for i := range good {
		bad := append([]byte(nil), good...)
		bad[i] ^= 0x10
		if _, err := decodeRecord(bad); err == nil {
			t.Errorf("a record with byte %d changed is accepted", i)
		}
	}
	path := filepath.Join(dir, recordName)
	if err := os.WriteFile(path, good[:10], 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := loadRecord(dir); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("cut record: %v, want an error that names %s", err, path)
	}
}

func FuzzRecord(f *testing.F) {
	f.Add(encodeRecord(replica.Bootstrap()))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, err := decodeRecord(b); err == nil && string(encodeRecord(r)) != string(b) {
			t.Errorf("%x reads as %+v, which is written as %x", b, r, encodeRecord(r))
		}
	})
}
