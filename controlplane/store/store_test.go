package store

import (
	"bufio"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"
)

func openStore(t *testing.T, path string) Store {
	t.Helper()
	s, err := Open(path, 4)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestStoreNumbersGrowAcrossReopening(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sessions.db")
	want := uint32(0)
	for range 3 {
		s, err := Open(path, 4)
		if err != nil {
			t.Fatal(err)
		}
		if last, err := s.Last(1); err != nil || last != want {
			t.Fatalf("Last() = %d, %v, want %d", last, err, want)
		}
		for range 2 {
			want++
			if next, err := s.Next(1, 0); err != nil || next != want {
				t.Fatalf("Next() = %d, %v, want %d", next, err, want)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	s := openStore(t, path)
	if next, err := s.Next(2, 0); err != nil || next != 1 {
		t.Errorf("Next() of another group = %d, %v, want 1", next, err)
	}
}

func TestStoreFloor(t *testing.T) {
	s := openStore(t, filepath.Join(t.TempDir(), "sessions.db"))
	for _, tt := range []struct{ floor, want uint32 }{{0, 1}, {9, 10}, {3, 11}, {math.MaxUint32 - 1, math.MaxUint32}} {
		if next, err := s.Next(1, tt.floor); err != nil || next != tt.want {
			t.Fatalf("Next(floor %d) = %d, %v, want %d", tt.floor, next, err, tt.want)
		}
	}
	if _, err := s.Next(1, 0); !errors.Is(err, errExhausted) {
		t.Errorf("Next() after the last number = %v, want errExhausted", err)
	}
}

func TestStoreCells(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sessions.db")
	s := openStore(t, path)
	for group := range uint32(4) {
		for range 2 {
			if index, err := s.Cell(100 - group); err != nil || index != uint16(group) {
				t.Fatalf("Cell(%d) = %d, %v, want %d", 100-group, index, err, group)
			}
		}
	}
	if _, err := s.Cell(200); err == nil || !strings.Contains(err.Error(), "at most 4") {
		t.Errorf("Cell() of a fifth group of four = %v, want the limit", err)
	}
}

func TestStoreElections(t *testing.T) {
	s := openStore(t, filepath.Join(t.TempDir(), "sessions.db"))
	for _, tt := range []struct{ floor, want uint64 }{{1000, 1000}, {1000, 1001}, {900, 1002}, {2000, 2000}} {
		if id, err := s.Election(tt.floor); err != nil || id != tt.want {
			t.Fatalf("Election(%d) = %d, %v, want %d", tt.floor, id, err, tt.want)
		}
	}
}

func TestStoreIsLocked(t *testing.T) {
	t.Parallel() // it waits for the lock
	path := filepath.Join(t.TempDir(), "sessions.db")
	openStore(t, path)
	_, err := Open(path, 4)
	if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), path) {
		t.Errorf("a second Open() = %v, want ErrLocked with the path", err)
	}
}

func TestDamagedStoreIsNotAnEmptyOne(t *testing.T) {
	s := openStore(t, filepath.Join(t.TempDir(), "sessions.db"))
	err := s.(*boltStore).db.Update(func(tx *bolt.Tx) error {
		return errors.Join(
			tx.Bucket(bucketSessions).Put(groupKey(1), []byte{1}),
			tx.Bucket(bucketIndexes).Put(groupKey(1), []byte{1}))
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Last(1); err == nil {
		t.Error("Last() of a damaged record gives no error")
	}
	if _, err := s.Next(1, 0); err == nil {
		t.Error("Next() of a damaged record gives no error")
	}
	if _, err := s.Cell(1); err == nil {
		t.Error("Cell() of a damaged record gives no error")
	}
}

// storeKillEnv makes the test binary a process that takes numbers until it is killed.
const storeKillEnv = "CONTROLPLANE_TEST_STORE"

func TestMain(m *testing.M) {
	if path := os.Getenv(storeKillEnv); path != "" {
		takeNumbers(path)
		return
	}
	os.Exit(m.Run())
}

func takeNumbers(path string) {
	s, err := Open(path, 4)
	for err == nil {
		var next uint32
		if next, err = s.Next(1, 0); err == nil {
			_, err = fmt.Println(next)
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// No number that a killed process received is handed out to its successor.
func TestStoreAfterKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sessions.db")
	given := uint32(0)
	for range 3 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), storeKillEnv+"="+path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			v, err := strconv.ParseUint(lines.Text(), 10, 32)
			if err != nil {
				t.Fatal(err)
			}
			if uint32(v) <= given {
				t.Errorf("number %d is handed out after %d", v, given)
			}
			given = uint32(v)
			if n == 20 {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = cmd.Wait() // killed
	}
	s := openStore(t, path)
	if next, err := s.Next(1, 0); err != nil || next <= given {
		t.Errorf("Next() after the kills = %d, %v, want above %d", next, err, given)
	}
}
