package cluster

import (
	"crypto/tls"
	"fmt"
	"os"
	"strings"
)

// Password returns what clients of front-end number i have to authenticate with; "" if they need not. It
// reads the password file: its text without space around it. What is wrong with it is an *Error.
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

// TLS returns how front-end number i encrypts its connections; nil if it does not. It reads certificate
// and key. What is wrong with them is an *Error.
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

// oneLine is an error's text with its line ends replaced.
func oneLine(err error) string { return strings.Join(strings.FieldsFunc(err.Error(), isLineEnd), " ") }

// checkFrontEnds finds certificates without a key, and keys without a certificate.
func (f *File) checkFrontEnds() *Error {
	for i, k := range f.KV {
		switch {
		case k.TLSCert != "" && k.TLSKey == "":
			return f.errorAt(fmt.Sprintf("kv[%d].tls_cert", i), "stands without tls_key", "both or neither")
		case k.TLSCert == "" && k.TLSKey != "":
			return f.errorAt(fmt.Sprintf("kv[%d].tls_key", i), "stands without tls_cert", "both or neither")
		}
	}
	return nil
}
