package main

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
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

	"github.com/netordered/nopaxos/cluster"
	"github.com/netordered/nopaxos/internal/cli"
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

// askRESP sends AUTH, if there is a password, and a command over a connection of its own. It returns the reply's line, of a
// bulk string the text; the reply to AUTH if that is an error.
func askRESP(address, password string, encryption *tls.Config, command ...string) (string, error) {
	dial := net.Dial
	if encryption != nil {
		dial = func(network, address string) (net.Conn, error) { return tls.Dial(network, address, encryption) }
	}
	c, err := dial("tcp", address)
	if err != nil {
		return "", err
	}
	defer c.Close()
	commands := [][]string{command}
	if password != "" {
		commands = [][]string{{"AUTH", password}, command}
	}
	var reply string
	replies := bufio.NewReader(c)
	for _, words := range commands {
		request := fmt.Sprintf("*%d\r\n", len(words))
		for _, w := range words {
			request += fmt.Sprintf("$%d\r\n%s\r\n", len(w), w)
		}
		if _, err := io.WriteString(c, request); err != nil {
			return "", err
		}
		if reply, err = replies.ReadString('\n'); err != nil || strings.HasPrefix(reply, "-") {
			break
		}
	}
	if err == nil && strings.HasPrefix(reply, "$") {
		reply, err = replies.ReadString('\n')
	}
	return strings.TrimSpace(reply), err
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
	ask := func(password string, encryption *tls.Config, command ...string) (string, error) {
		return askRESP(f.KV[0].RESP.String(), password, encryption, command...)
	}
	eventually(t, "the front-end listens", func() bool {
		c, err := net.Dial("tcp", f.KV[0].RESP.String())
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	if reply, err := ask("correct horse", trusts, "SET", "a", "1"); err != nil || reply != "+OK" {
		t.Errorf("SET: %q, %v", reply, err)
	}
	d.expect("a", "1")
	if reply, err := ask("wrong", trusts, "GET", "a"); err != nil || !strings.HasPrefix(reply, "-WRONGPASS") {
		t.Errorf("with a wrong password: %q, %v", reply, err)
	}
	if reply, err := ask("", trusts, "GET", "a"); err != nil || !strings.HasPrefix(reply, "-NOAUTH") {
		t.Errorf("without a password: %q, %v", reply, err)
	}
	if reply, err := ask("correct horse", nil, "GET", "a"); err == nil {
		t.Errorf("without TLS: %q", reply)
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
		" does not exist, expected a file with the password\n"
	if code != cli.ExitUsage || errOut != want {
		t.Errorf("exit %d\ngot  %swant %s", code, errOut, want)
	}
}
