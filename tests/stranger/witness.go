// SPDX-License-Identifier: Apache-2.0

// witness is a C2SP tlog-witness for one log, in memory, whose checks are those of Go's own code for transparency logs
// (golang.org/x/mod/sumdb), which knows nothing of Sluice. Usage: witness NAME KEY-OF-THE-LOG CERT KEY PORT-FILE
// [SIZE ROOT]: what it has seen already. It prints its own key first, then a line for each post: the status, the old size,
// the new one, and how many hashes the proof had.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// cosigner is a note.Signer of cosignatures (algorithm 4): a time stands before the signature.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PrivateKey
}

func (c *cosigner) Name() string    { return c.name }
func (c *cosigner) KeyHash() uint32 { return c.hash }

func (c *cosigner) Sign(msg []byte) ([]byte, error) {
	now := uint64(time.Now().Unix())
	signed := append([]byte(fmt.Sprintf("cosignature/v1\ntime %d\n", now)), msg...)
	blob := binary.BigEndian.AppendUint64(nil, now)
	return append(blob, ed25519.Sign(c.key, signed)...), nil
}

type witness struct {
	sync.Mutex
	log    note.Verifier
	signer *cosigner
	size   int64
	root   tlog.Hash
}

// parse takes the body of a post apart.
func parse(body []byte) (old int64, proof tlog.TreeProof, msg []byte, err error) {
	parts := bytes.SplitN(body, []byte("\n\n"), 2)
	lines := strings.Split(string(parts[0]), "\n")
	if len(parts) != 2 || !strings.HasPrefix(lines[0], "old ") {
		return 0, nil, nil, fmt.Errorf("form")
	}
	old, err = strconv.ParseInt(lines[0][len("old "):], 10, 64)
	for _, line := range lines[1:] {
		hash, bad := tlog.ParseHash(line)
		if bad != nil {
			return 0, nil, nil, bad
		}
		proof = append(proof, hash)
	}
	return old, proof, parts[1], err
}

// see gives the status and the body of the answer.
func (w *witness) see(body []byte) (int, string, string) {
	old, proof, msg, err := parse(body)
	if err != nil {
		return 400, "", "malformed"
	}
	opened, err := note.Open(msg, note.VerifierList(w.log))
	if err != nil {
		return 403, "", fmt.Sprint(err)
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != w.log.Name() {
		return 404, "", "no such log"
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	root, bad := tlog.ParseHash(lines[2])
	said := fmt.Sprintf("%d -> %d, %d hashes", old, size, len(proof))
	switch {
	case err != nil || bad != nil || old > size:
		return 400, "", said
	case old != w.size || (old == size && root != w.root):
		return 409, fmt.Sprintf("%d\n", w.size), said
	case old == 0 && len(proof) > 0:
		return 422, "", said
	case old > 0 && old < size && tlog.CheckTree(proof, size, root, old, w.root) != nil:
		return 422, "", said
	}
	signed, err := note.Sign(&note.Note{Text: opened.Text}, w.signer)
	if err != nil {
		return 500, "", fmt.Sprint(err)
	}
	w.size, w.root = size, root
	return 200, string(signed[len(opened.Text)+1:]), said
}

func (w *witness) ServeHTTP(out http.ResponseWriter, in *http.Request) {
	w.Lock()
	defer w.Unlock()
	body, _ := io.ReadAll(in.Body)
	status, answer, said := 404, "", in.URL.Path
	if in.Method == "POST" && in.URL.Path == "/w/add-checkpoint" {
		status, answer, said = w.see(body)
	}
	fmt.Printf("%d %s\n", status, said)
	if status == 409 {
		out.Header().Set("Content-Type", "text/x.tlog.size")
	}
	out.WriteHeader(status)
	io.WriteString(out, answer)
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	must(err)
	typed := append([]byte{4}, public...)
	id := sha256.Sum256(append([]byte(os.Args[1]+"\n"), typed...))
	fmt.Printf("%s+%x+%s\n", os.Args[1], id[:4], base64.StdEncoding.EncodeToString(typed))
	log, err := note.NewVerifier(os.Args[2])
	must(err)
	w := &witness{log: log, signer: &cosigner{os.Args[1], binary.BigEndian.Uint32(id[:4]), private}}
	if len(os.Args) > 7 {
		w.size, err = strconv.ParseInt(os.Args[6], 10, 64)
		must(err)
		w.root, err = tlog.ParseHash(os.Args[7])
		must(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	must(os.WriteFile(os.Args[5], []byte(fmt.Sprintln(listener.Addr().(*net.TCPAddr).Port)), 0o644))
	must(http.ServeTLS(listener, w, os.Args[3], os.Args[4]))
}
