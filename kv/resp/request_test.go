package resp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/iotest"
)

// transcript returns the commands and errors that a reader parses from its input.
func transcript(r io.Reader, limit int) string {
	q := newRequestReader(r, limit, &budget{limit: 1 << 30})
	q.authenticated = true
	var b bytes.Buffer
	for {
		args, err := q.next()
		var size errTooLarge
		switch {
		case err == nil:
			fmt.Fprintf(&b, "%q\n", args)
		case errors.As(err, &size):
			fmt.Fprintln(&b, err)
		case err == errIncomplete:
			if q.fill() != nil {
				return b.String()
			}
		default:
			fmt.Fprintln(&b, err)
			return b.String()
		}
	}
}

// FuzzRequest checks that reading any input at once and byte by byte gives the same commands.
func FuzzRequest(f *testing.F) {
	f.Add([]byte("*2\r\n$3\r\nGET\r\n$1\r\na\r\nPING\r\n"))
	f.Add([]byte("*1\r\n$9223372036854775807\r\n"))
	f.Add([]byte("*3\r\n$3\r\nSET\r\n$1\r\na\r\n$80\r\n" + string(bytes.Repeat([]byte("x"), 80)) + "\r\n*1\r\n$4\r\nPING\r\n"))
	f.Add([]byte("*-1\r\n*0\r\nset 'a\\'' \"\\x41\"\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		const limit = 64
		whole, bytewise := transcript(bytes.NewReader(b), limit), transcript(iotest.OneByteReader(bytes.NewReader(b)), limit)
		if whole != bytewise {
			t.Fatalf("at once:\n%s\nbyte by byte:\n%s", whole, bytewise)
		}
	})
}

func TestRequestBufferIsBounded(t *testing.T) {
	const limit = 1 << 10
	for name, head := range map[string]string{
		"large argument": fmt.Sprintf("*1\r\n$%d\r\n", maxBulk), "many arguments": fmt.Sprintf("*%d\r\n", maxArgs),
	} {
		t.Run(name, func(t *testing.T) {
			endless := io.MultiReader(bytes.NewReader([]byte(head)), io.LimitReader(repeat("$1\r\nx\r\n"), 2<<20))
			q := newRequestReader(endless, limit, &budget{limit: 1 << 30})
			q.authenticated = true
			for {
				if _, err := q.next(); err != errIncomplete {
					t.Fatalf("the command ended: %v", err)
				}
				if q.fill() != nil {
					break
				}
			}
			if len(q.buf) > 2*readBuffer || len(q.spans) > limit {
				t.Errorf("the reader keeps %d bytes and %d arguments", len(q.buf), len(q.spans))
			}
		})
	}
}

// repeated is a reader that repeats one string endlessly.
type repeated struct {
	s    string
	next int
}

func repeat(s string) *repeated { return &repeated{s: s} }

func (r *repeated) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = r.s[r.next]
		r.next = (r.next + 1) % len(r.s)
	}
	return len(b), nil
}
