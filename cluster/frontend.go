package cluster

import (
	"crypto/tls"
	"fmt"
	"os"
	"strings"
)

// Password reads the password file of front-end number i and returns its text without space around it; "" if clients need not
// authenticate. It reports a bad file as an *Error.
func (f *File) Password(i int) (string, error) {
	if f.KV[i].PasswordFile == "" {
		return "", nil
	}
	at := fmt.Sprintf("kv[%d].password_file", i)
	path := f.Resolve(f.KV[i].PasswordFile)
	password, flaw := readSecret(path, "password file", "a file with the password")
	switch {
	case flaw != nil:
		return "", f.errorAt(at, flaw.problem, flaw.expected)
	case password == "" || strings.ContainsAny(password, "\r\n"):
		return "", f.errorAt(at, fmt.Sprintf("%s has %d lines", path, len(strings.FieldsFunc(password, isLineEnd))), "one line, the password")
	}
	return password, nil
}

func isLineEnd(r rune) bool { return r == '\r' || r == '\n' }

// TLS reads certificate and key of front-end number i and returns its TLS configuration; nil if it does not encrypt. It reports
// bad files as an *Error.
func (f *File) TLS(i int) (*tls.Config, error) {
	if f.KV[i].TLSCert == "" {
		return nil, nil
	}
	certAt, keyAt := fmt.Sprintf("kv[%d].tls_cert", i), fmt.Sprintf("kv[%d].tls_key", i)
	certPath, keyPath := f.Resolve(f.KV[i].TLSCert), f.Resolve(f.KV[i].TLSKey)
	cert, err := os.ReadFile(certPath)
	if err != nil {
		return nil, f.errorAt(certAt, certPath+" cannot be read: "+cause(err), "a readable file with the certificate chain in PEM")
	}
	key, flaw := readSecret(keyPath, "key file", "a file with the private key in PEM")
	if flaw != nil {
		return nil, f.errorAt(keyAt, flaw.problem, flaw.expected)
	}
	pair, err := tls.X509KeyPair(cert, []byte(key))
	if err != nil {
		return nil, f.errorAt(certAt, fmt.Sprintf("%s does not go with %s: %s", certPath, keyPath, oneLine(err)), "a certificate chain and its private key in PEM")
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, nil
}

// oneLine returns the text of an error with spaces for its line ends.
func oneLine(err error) string { return strings.Join(strings.FieldsFunc(err.Error(), isLineEnd), " ") }

// checkFrontEnds finds certificates without a key and keys without a certificate.
func (f *File) checkFrontEnds() *Error {
	for i, k := range f.KV {
		switch {
		case k.TLSCert != "" && k.TLSKey == "":
			return f.errorAt(fmt.Sprintf("kv[%d].tls_cert", i), "is set without tls_key", "both or neither")
		case k.TLSCert == "" && k.TLSKey != "":
			return f.errorAt(fmt.Sprintf("kv[%d].tls_key", i), "is set without tls_cert", "both or neither")
		}
	}
	return nil
}
