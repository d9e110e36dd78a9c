package resp

// splitInline splits an inline command into its arguments, which it appends to args. Spaces separate
// arguments, which may be quoted. Between double quotes \n \r \t \b \a \xHH and a backslash before any
// other byte are escapes as in C; between single quotes only \' is. It reports whether the quotes are
// balanced and each closing quote is followed by a space.
func splitInline(line []byte, args [][]byte) ([][]byte, bool) {
	for {
		for len(line) > 0 && isSpace(line[0]) {
			line = line[1:]
		}
		if len(line) == 0 {
			return args, true
		}
		arg, rest, ok := splitArgument(line)
		if !ok {
			return nil, false
		}
		args, line = append(args, arg), rest
	}
}

func isSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' || c == 0 }

// splitArgument splits one argument off a line that does not start with a space.
func splitArgument(line []byte) (arg, rest []byte, ok bool) {
	arg = []byte{} // not nil: an argument may be empty
	for len(line) > 0 && !isSpace(line[0]) {
		quote := line[0]
		if quote != '"' && quote != '\'' {
			arg = append(arg, quote)
			line = line[1:]
			continue
		}
		line = line[1:]
		for {
			if len(line) == 0 {
				return nil, nil, false
			}
			if line[0] == quote {
				line = line[1:]
				break
			}
			c, n := quoted(line, quote)
			arg = append(arg, c)
			line = line[n:]
		}
		if len(line) > 0 && !isSpace(line[0]) {
			return nil, nil, false
		}
	}
	return arg, line, true
}

// quoted returns the first byte of a quoted string, unescaped, and the length of its escaped form.
func quoted(line []byte, quote byte) (c byte, n int) {
	if line[0] != '\\' || len(line) == 1 {
		return line[0], 1
	}
	if quote == '\'' {
		if line[1] == '\'' {
			return '\'', 2
		}
		return '\\', 1
	}
	if line[1] == 'x' && len(line) >= 4 {
		high, ok1 := hexDigit(line[2])
		low, ok2 := hexDigit(line[3])
		if ok1 && ok2 {
			return high<<4 | low, 4
		}
	}
	switch line[1] {
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'b':
		return '\b', 2
	case 'a':
		return '\a', 2
	}
	return line[1], 2
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}
