package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/netordered/nopaxos/cluster"
)

// writeCertificate writes a self-signed certificate for 127.0.0.1 and its key, and returns what trusts it.
func writeCertificate(t *testing.T, certFile, keyFile string) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	writeSecret(t, certFile, cert)
	writeSecret(t, keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(cert)
	return &tls.Config{RootCAs: roots}
}

func writeSecret(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// A front-end asks for the password and speaks TLS as its cluster file says.
func TestKVPasswordAndTLS(t *testing.T) {
	d := startDev(t, "--replicas", "1", "--sequencers", "1")
	f, err := cluster.Load(d.clusterFile())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	f.KeyFile, f.ClientKeyFile = f.Resolve(f.KeyFile), f.Resolve(f.ClientKeyFile)
	f.Path = filepath.Join(dir, "cluster.yaml")
	f.KV = []cluster.KV{{
		RESP: netip.MustParseAddrPort(freeAddress(t)), Group: f.Groups[0].Name,
		PasswordFile: "kv.password", TLSCert: "kv.crt", TLSKey: "kv.key",
	}}
	trusts := writeCertificate(t, f.Resolve("kv.crt"), f.Resolve("kv.key"))
	writeSecret(t, f.Resolve("kv.password"), []byte("correct horse\n"))
	text, err := f.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	writeSecret(t, f.Path, text)

	var log bytes.Buffer
	cmd := exec.Command(os.Args[0], "kv", "--cluster", f.Path)
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	connect := func(password string, encryption *tls.Config) *redis.Client {
		c := redis.NewClient(&redis.Options{Addr: f.KV[0].RESP.String(), Password: password, TLSConfig: encryption, MaxRetries: -1})
		t.Cleanup(func() { c.Close() })
		return c
	}
	good := connect("correct horse", trusts)
	eventually(t, "the front-end listens", func() bool {
		c, err := net.Dial("tcp", f.KV[0].RESP.String())
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	if err := good.Set(t.Context(), "a", "1", 0).Err(); err != nil {
		t.Errorf("SET: %v", err)
	}
	d.expect("a", "1")
	if err := connect("wrong", trusts).Get(t.Context(), "a").Err(); err == nil || !strings.HasPrefix(err.Error(), "WRONGPASS") {
		t.Errorf("with a wrong password: %v", err)
	}
	if err := connect("", trusts).Get(t.Context(), "a").Err(); err == nil || !strings.HasPrefix(err.Error(), "NOAUTH") {
		t.Errorf("without a password: %v", err)
	}
	if err := connect("correct horse", nil).Get(t.Context(), "a").Err(); err == nil {
		t.Error("without TLS: no error")
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v\n%s", err, &log)
	}
}

// A front-end whose password cannot be read does not start without one.
func TestKVWithoutItsPassword(t *testing.T) {
	path := writeCluster(t, "9")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.Replace(text, []byte("group: kv}"), []byte("group: kv, password_file: kv.password}"), 1)
	writeSecret(t, path, text)
	code, _, errOut := nopaxos(t, "kv", "--cluster", path)
	want := "nopaxos: " + path + ":14: kv[0].password_file: " + filepath.Join(filepath.Dir(path), "kv.password") +
		" is not there, expected a file with the password\n"
	if code != exitUsage || errOut != want {
		t.Errorf("exit %d\ngot  %swant %s", code, errOut, want)
	}
}
