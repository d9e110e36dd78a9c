package resp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unsafe"

	"github.com/netordered/nopaxos/kv/internal/redis"
)

const (
	maxArgs    = 1<<31 - 1 // arguments of a command, as in Redis
	maxBulk    = 512 << 20 // bytes of an argument, as in Redis
	maxLine    = 64 << 10  // bytes of an inline command, as in Redis
	maxHead    = 32        // bytes of a line that holds a length
	readBuffer = 16 << 10  // initial bytes of a connection's buffer
	keptBuffer = 64 << 10  // bytes that a connection keeps between two commands unless memory is scarce

	// Limits for a peer that has not authenticated, as in Redis.
	maxArgsUnauthenticated = 10
	maxBulkUnauthenticated = 16 << 10
)

// errIncomplete reports that the bytes read so far hold no further command.
var errIncomplete = errors.New("incomplete command")

// errProtocol is a violation of the protocol, after which the peer's bytes cannot be interpreted.
type errProtocol string

func (e errProtocol) Error() string { return "Protocol error: " + string(e) }

// errTooLarge reports that a command of this many bytes was read and discarded.
type errTooLarge int64

func (e errTooLarge) Error() string {
	return fmt.Sprintf("request of %d bytes", int64(e))
}

// span is a part of the buffer, by offsets from the start of the command.
type span struct{ from, to int }

// requestReader reads commands. It keeps the state of parsing between reads, so that it examines every
// byte once, and discards a command as soon as its bytes exceed limit.
type requestReader struct {
	r             io.Reader
	limit         int // most bytes of a command
	budget        *budget
	charged       int // bytes charged to the budget
	authenticated bool

	buf        []byte
	start, end int // bounds of the bytes in buf that are not consumed; a command begins at start

	at       int    // offset of the next byte to parse, from start
	missing  int    // arguments not parsed yet; 0: between two commands
	bulk     int    // length of the next argument; -1: its head is next
	spans    []span // arguments parsed
	size     int64  // bytes of the arguments parsed
	discards bool   // the command is too large and is being discarded
	skip     int    // bytes of the argument, its end included, still to discard

	args [][]byte
}

func newRequestReader(r io.Reader, limit int, b *budget) *requestReader {
	return &requestReader{r: r, limit: limit, budget: b, bulk: -1, buf: make([]byte, readBuffer)}
}

// next returns the arguments of the next complete command, which are valid until the next call of fill. It
// returns errIncomplete if more must be read, an errTooLarge for a command that was discarded, and an
// errProtocol if the connection cannot continue.
func (q *requestReader) next() ([][]byte, error) {
	for {
		if q.missing == 0 {
			args, err := q.head()
			if args != nil || err != nil {
				return args, err
			}
			continue
		}
		if err := q.argument(); err != nil {
			return nil, err
		}
		if q.missing > 0 {
			continue
		}
		if q.discards {
			size := q.size
			q.consume()
			return nil, errTooLarge(size)
		}
		q.args = q.args[:0]
		for _, s := range q.spans {
			q.args = append(q.args, q.buf[q.start+s.from:q.start+s.to:q.start+s.to])
		}
		q.consume()
		return q.args, nil
	}
}

// consume removes the parsed command from the buffer.
func (q *requestReader) consume() {
	q.start += q.at
	q.at, q.missing, q.bulk, q.size, q.discards = 0, 0, -1, 0, false
	q.spans = q.spans[:0]
}

// line returns the next line without its end and advances past it. It returns io.ErrShortBuffer if the
// line is longer than limit.
func (q *requestReader) line(limit int) ([]byte, error) {
	b := q.buf[q.start+q.at : q.end]
	i := bytes.IndexByte(b[:min(len(b), limit+2)], '\n')
	switch {
	case i >= 0:
	case len(b) >= limit+2:
		return nil, io.ErrShortBuffer
	default:
		return nil, errIncomplete
	}
	q.at += i + 1
	return bytes.TrimSuffix(b[:i], []byte{'\r'}), nil
}

// head reads the first line of a command: *n, or an inline command, which it returns. It returns neither
// arguments nor an error if the arguments follow or the command is empty.
func (q *requestReader) head() ([][]byte, error) {
	if q.start == q.end {
		return nil, errIncomplete
	}
	if q.buf[q.start] != '*' {
		return q.inline()
	}
	line, err := q.line(maxHead)
	switch {
	case err == io.ErrShortBuffer:
		return nil, errProtocol("too big mbulk count string")
	case err != nil:
		return nil, err
	}
	n, ok := redis.ParseInt(line[1:])
	switch {
	case !ok || n > maxArgs:
		return nil, errProtocol("invalid multibulk length")
	case n > maxArgsUnauthenticated && !q.authenticated:
		return nil, errProtocol("unauthenticated multibulk length")
	case n <= 0:
		q.consume()
	default:
		q.missing = int(n)
	}
	return nil, nil
}

func (q *requestReader) inline() ([][]byte, error) {
	line, err := q.line(maxLine)
	switch {
	case err == io.ErrShortBuffer:
		return nil, errProtocol("too big inline request")
	case err != nil:
		return nil, err
	}
	args, ok := splitInline(line, q.args[:0])
	if !ok {
		return nil, errProtocol("unbalanced quotes in request")
	}
	q.consume()
	if len(args) == 0 {
		return nil, nil
	}
	q.args = args
	return args, nil
}

// argument reads the next argument, or discards the bytes of it that have arrived. Like Redis it does not look
// at the two bytes after an argument, which should be a line end; the next head is checked.
func (q *requestReader) argument() error {
	if q.bulk < 0 {
		if err := q.bulkHead(); err != nil {
			return err
		}
	}
	if q.discards {
		return q.discard()
	}
	from := q.start + q.at
	if q.end-from < q.bulk+2 {
		return errIncomplete
	}
	q.spans = append(q.spans, span{q.at, q.at + q.bulk})
	q.at += q.bulk + 2
	q.bulk = -1
	q.missing--
	return nil
}

// bulkHead reads $n, the length of the next argument.
func (q *requestReader) bulkHead() error {
	if q.start+q.at == q.end {
		return errIncomplete
	}
	if c := q.buf[q.start+q.at]; c != '$' {
		return errProtocol(fmt.Sprintf("expected '$', got '%c'", c))
	}
	line, err := q.line(maxHead)
	switch {
	case err == io.ErrShortBuffer:
		return errProtocol("too big bulk count string")
	case err != nil:
		return err
	}
	n, ok := redis.ParseInt(line[1:])
	switch {
	case !ok || n < 0 || n > maxBulk:
		return errProtocol("invalid bulk length")
	case n > maxBulkUnauthenticated && !q.authenticated:
		return errProtocol("unauthenticated bulk length")
	}
	q.bulk = int(n)
	q.size += n
	if q.discards = q.discards || q.at+q.bulk+2 > q.limit; q.discards {
		q.skip = q.bulk + 2
	}
	return nil
}

// discard discards the bytes of an argument that have arrived.
func (q *requestReader) discard() error {
	q.start += q.at // the bytes parsed before
	q.at = 0
	n := min(q.skip, q.end-q.start)
	q.start += n
	if q.skip -= n; q.skip > 0 {
		return errIncomplete
	}
	q.bulk = -1
	q.missing--
	return nil
}

// fill reads more. It moves and grows the buffer as the command requires, and returns errNoRoom if the
// budget does not allow it.
func (q *requestReader) fill() error {
	size := len(q.buf)
	switch {
	case q.start == q.end:
		q.start, q.end = 0, 0
		if held := q.held(size); held > keptBuffer || held > 0 && q.budget.scarce() {
			size, q.spans, q.args = readBuffer, nil, nil
		}
	case q.end == len(q.buf) && q.start > 0:
		q.end = copy(q.buf, q.buf[q.start:q.end])
		q.start = 0
	case q.end == len(q.buf):
		size *= 2
	}
	held := q.held(size)
	if !q.budget.resize(q.charged, held) {
		return errNoRoom
	}
	q.charged = held
	if size != len(q.buf) {
		next := make([]byte, size)
		copy(next, q.buf[:q.end])
		q.buf = next
	}
	n, err := q.r.Read(q.buf[q.end:])
	q.end += n
	if n > 0 {
		return nil
	}
	if err == nil {
		err = io.ErrNoProgress
	}
	return err
}

// held returns the bytes that the reader holds with a buffer of size bytes, beyond the initial buffer of
// every connection.
func (q *requestReader) held(size int) int {
	return size - readBuffer + cap(q.spans)*int(unsafe.Sizeof(span{})) + cap(q.args)*int(unsafe.Sizeof([]byte(nil)))
}

// release frees the reader's memory and returns its share of the budget.
func (q *requestReader) release() {
	q.budget.resize(q.charged, 0)
	q.buf, q.spans, q.args, q.charged = nil, nil, nil, 0
}
