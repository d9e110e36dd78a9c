package redis

import "strconv"

// AppendStatus appends a status, which must not contain a line break.
func AppendStatus(b []byte, s string) []byte {
	b = append(b, '+')
	b = append(b, s...)
	return append(b, '\r', '\n')
}

// AppendError appends an error. Line breaks in msg become spaces.
func AppendError(b []byte, msg string) []byte {
	b = append(b, '-')
	for i := 0; i < len(msg); i++ {
		c := msg[i]
		if c == '\r' || c == '\n' {
			c = ' '
		}
		b = append(b, c)
	}
	return append(b, '\r', '\n')
}

// AppendInt appends an integer.
func AppendInt(b []byte, v int64) []byte { return AppendHead(b, ':', v) }

// AppendBulk appends a bulk string.
func AppendBulk[T string | []byte](b []byte, v T) []byte {
	b = AppendHead(b, '$', int64(len(v)))
	b = append(b, v...)
	return append(b, '\r', '\n')
}

// AppendNull appends the null bulk string, the reply for a missing value.
func AppendNull(b []byte) []byte { return append(b, "$-1\r\n"...) }

// AppendArray appends the head of an array; its n elements follow.
func AppendArray(b []byte, n int) []byte { return AppendHead(b, '*', int64(n)) }

// AppendNullArray appends the null array, the reply for a missing collection.
func AppendNullArray(b []byte) []byte { return append(b, "*-1\r\n"...) }

// AppendHead appends a line of a kind of reply and a number.
func AppendHead(b []byte, kind byte, v int64) []byte {
	b = append(b, kind)
	b = strconv.AppendInt(b, v, 10)
	return append(b, '\r', '\n')
}
