package role

import (
	"fmt"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Latencies are recorded from a nanosecond to a minute, with three significant digits.
const (
	maxLatency      = time.Minute
	latencyAccuracy = 3
)

func newLatencies() *hdrhistogram.Histogram {
	return hdrhistogram.New(1, int64(maxLatency), latencyAccuracy)
}

// record adds a latency, at most maxLatency.
func record(h *hdrhistogram.Histogram, d time.Duration) {
	_ = h.RecordValue(int64(min(max(d, 1), maxLatency))) // in range: no error
}

// encodeLatencies returns a histogram as text.
func encodeLatencies(h *hdrhistogram.Histogram) (string, error) {
	b, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		return "", fmt.Errorf("latencies: %w", err)
	}
	return string(b), nil
}

// DecodeLatencies decodes Result.Latencies. Values are nanoseconds.
func DecodeLatencies(text string) (*hdrhistogram.Histogram, error) {
	h, err := hdrhistogram.Decode([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("latencies: %w", err)
	}
	return h, nil
}
