package cluster

import (
	"errors"
	"fmt"
	"os"
)

// Error describes a mistake in a cluster file in one line.
type Error struct {
	File     string // path of the cluster file
	Line     int    // from 1
	Key      string // path of the key, like "groups[0].replicas[1].address"
	Problem  string
	Expected string
}

// Error returns "file:line: key: problem, expected …".
func (e *Error) Error() string {
	return fmt.Sprintf("%s:%d: %s: %s, expected %s", e.File, e.Line, e.Key, e.Problem, e.Expected)
}

// wholeFile is the Key of an Error that is not about one key.
const wholeFile = "cluster file"

// cause is the text of err without the path, which the error names already.
func cause(err error) string {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Op + ": " + pe.Err.Error()
	}
	return err.Error()
}
