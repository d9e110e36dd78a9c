package cluster

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// frontEnd parses a file, in a directory of its own, whose front-end has additional keys.
func frontEnd(t *testing.T, keys string) *File {
	t.Helper()
	f, err := Parse(filepath.Join(t.TempDir(), "c.yaml"), []byte(strings.Replace(good, "    group: kv\n", "    group: kv\n"+keys, 1)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// place writes a file beside the cluster file.
func place(t *testing.T, f *File, name, text string, mode os.FileMode) string {
	t.Helper()
	path := f.Resolve(name)
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func expectError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || err.Error() != want {
		t.Errorf("\ngot  %v\nwant %s", err, want)
	}
}

func TestPassword(t *testing.T) {
	if got, err := frontEnd(t, "").Password(0); got != "" || err != nil {
		t.Errorf("without a file: %q, %v", got, err)
	}
	f := frontEnd(t, "    password_file: kv.password\n")
	path := f.Resolve("kv.password")
	prefix := f.Path + ":35: kv[0].password_file: " + path
	for _, c := range []struct {
		text string
		mode os.FileMode
		want string // "": no error
	}{
		{"correct horse\n", 0o600, ""},
		{"correct horse\n", 0o640, " has mode 0640, expected 0600, so that only its owner can read it"},
		{"\n", 0o600, " has 0 lines, expected one line, the password"},
		{"correct\nhorse\n", 0o600, " has 2 lines, expected one line, the password"},
		{strings.Repeat("x", maxSecret+1), 0o600, " is not a small regular file, expected a password file"},
	} {
		place(t, f, "kv.password", c.text, c.mode)
		got, err := f.Password(0)
		if c.want != "" {
			expectError(t, err, prefix+c.want)
		} else if err != nil || got != "correct horse" {
			t.Errorf("got %q, %v", got, err)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	_, err := f.Password(0)
	expectError(t, err, prefix+" does not exist, expected a file with the password")
}

// certificate returns a self-signed certificate and its key in PEM.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))
}

func TestTLS(t *testing.T) {
	if got, err := frontEnd(t, "").TLS(0); got != nil || err != nil {
		t.Errorf("without a certificate: %v, %v", got, err)
	}
	f := frontEnd(t, "    tls_cert: kv.crt\n    tls_key: kv.key\n")
	cert, key := certificate(t)
	certPath, keyPath := f.Resolve("kv.crt"), f.Resolve("kv.key")
	certLine, keyLine := f.Path+":35: kv[0].tls_cert: "+certPath, f.Path+":36: kv[0].tls_key: "+keyPath

	_, err := f.TLS(0)
	expectError(t, err, certLine+" cannot be read: open: no such file or directory, expected a readable file with the certificate chain in PEM")
	place(t, f, "kv.crt", cert, 0o644)
	_, err = f.TLS(0)
	expectError(t, err, keyLine+" does not exist, expected a file with the private key in PEM")
	place(t, f, "kv.key", key, 0o644)
	_, err = f.TLS(0)
	expectError(t, err, keyLine+" has mode 0644, expected 0600, so that only its owner can read it")
	place(t, f, "kv.key", key, 0o600)
	if got, err := f.TLS(0); err != nil || len(got.Certificates) != 1 {
		t.Errorf("got %v, %v", got, err)
	}
	_, another := certificate(t)
	place(t, f, "kv.key", another, 0o600)
	_, err = f.TLS(0)
	expectError(t, err, certLine+" does not go with "+keyPath+": tls: private key does not match public key, expected a certificate chain and its private key in PEM")
}
