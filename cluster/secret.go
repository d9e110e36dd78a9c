package cluster

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// maxSecret is the longest secret in bytes.
const maxSecret = 1 << 14

// secretFlaw is a problem of a file that holds a secret, "PATH is …", and the expected value.
type secretFlaw struct{ problem, expected string }

// readSecret reads the text of a file that only its owner may read, and trims space around it. what is the file's kind, wanted
// describes the expected file and how to get one.
func readSecret(path, what, wanted string) (string, *secretFlaw) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", &secretFlaw{path + " does not exist", wanted}
	case err != nil:
		return "", &secretFlaw{path + " cannot be read: " + cause(err), "a readable " + what}
	case !info.Mode().IsRegular() || info.Size() > maxSecret:
		return "", &secretFlaw{path + " is not a small regular file", "a " + what}
	case info.Mode().Perm()&0o077 != 0:
		return "", &secretFlaw{fmt.Sprintf("%s has mode %04o", path, info.Mode().Perm()), "0600, so that only its owner can read it"}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", &secretFlaw{path + " cannot be read: " + cause(err), "a readable " + what}
	}
	return strings.TrimSpace(string(text)), nil
}
