package isolated

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
)

// Serve reads a Job, carries it out, and writes the Sample.
func Serve(ctx context.Context, in io.Reader, out io.Writer) error {
	var job Job
	if err := json.NewDecoder(in).Decode(&job); err != nil {
		return fmt.Errorf("job on standard input: %w", err)
	}
	s, err := Run(ctx, &job)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(s)
}
