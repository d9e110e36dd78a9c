package cluster

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// maxSecret bounds what is read as a secret, in bytes.
const maxSecret = 1 << 14

// secretFlaw is what is wrong with a file that holds a secret: "PATH is …", and what was expected.
type secretFlaw struct{ problem, expected string }

// readSecret reads the text of a file that only its owner may read, without space around it. what names
// the file's kind, and wanted says what should be there, and where one gets it.
func readSecret(path, what, wanted string) (string, *secretFlaw) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", &secretFlaw{path + " is not there", wanted}
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
