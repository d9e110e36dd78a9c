package redis

// maxName is the longest name that Find looks up, in bytes.
const maxName = 32

// Find returns the command of a name in any case from commands, whose keys are in lower case, or the zero
// value. It does not allocate.
func Find[C any](commands map[string]C, name []byte) (c C) {
	var lower [maxName]byte
	if len(name) > len(lower) {
		return c
	}
	for i, b := range name {
		if 'A' <= b && b <= 'Z' {
			b += 'a' - 'A'
		}
		lower[i] = b
	}
	return commands[string(lower[:len(name)])]
}

// AllowsArity reports whether a command of this arity takes n arguments, its name included. A positive
// arity is the exact number, a negative one the least, as in COMMAND INFO.
func AllowsArity(arity, n int) bool {
	return n == arity || arity < 0 && n >= -arity
}

// Errors, as Redis words them.
const (
	ErrSyntax  = "ERR syntax error"
	ErrNotInt  = "ERR value is not an integer or out of range"
	ErrDBIndex = "ERR DB index is out of range"
)

// WrongArity is the error for a wrong number of arguments to the command name, in lower case.
func WrongArity(name string) string {
	return "ERR wrong number of arguments for '" + name + "' command"
}
