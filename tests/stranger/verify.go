// SPDX-License-Identifier: Apache-2.0

// verify checks journals and proofs of Sluice with Go's own code for transparency logs (golang.org/x/mod/sumdb), which
// knows nothing of Sluice. Usage: verify journal HASH-OF-ENTRY-0 FILE... or verify proof KEY FILE...; prints GOOD or WRONG
// for each file and exits with 1 when one is wrong.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// log is what a journal says so far.
type log struct {
	origin   string
	verifier note.Verifier
	leaves   []tlog.Hash
	stored   []tlog.Hash // in the order of tlog.StoredHashIndex
	size     int64       // as last signed
	root     tlog.Hash
	last     string // the last checkpoint line
}

func (l *log) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, at := range indexes {
		hashes[i] = l.stored[at]
	}
	return hashes, nil
}

type entry struct {
	Seq     *int64
	Prev    string
	Journal struct {
		Format   string
		Origin   string
		HostVkey string `json:"host_vkey"`
	}
}

// strict says whether base64 is in its one spelling, which the decoder of the library does not ask for.
func strict(text string) bool {
	decoded, err := base64.StdEncoding.DecodeString(text)
	return err == nil && base64.StdEncoding.EncodeToString(decoded) == text
}

// checkpoint opens a note and gives what it signs.
func checkpoint(msg []byte, verifier note.Verifier) (int64, tlog.Hash, error) {
	opened, err := note.Open(msg, note.VerifierList(verifier))
	if err != nil {
		return 0, tlog.Hash{}, err
	}
	for _, sig := range append(opened.Sigs, opened.UnverifiedSigs...) {
		if !strict(sig.Base64) {
			return 0, tlog.Hash{}, errors.New("spelling of a signature")
		}
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() || lines[3] != "" || !strict(lines[2]) {
		return 0, tlog.Hash{}, errors.New("text of the note")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || strconv.FormatInt(size, 10) != lines[1] || size < 1 {
		return 0, tlog.Hash{}, errors.New("size in the note")
	}
	root, err := tlog.ParseHash(lines[2])
	return size, root, err
}

func (l *log) addEntry(line string, genesis string) error {
	var e entry
	if err := json.Unmarshal([]byte(line), &e); err != nil || e.Seq == nil {
		return fmt.Errorf("not an entry: %v", err)
	}
	n := int64(len(l.leaves))
	if *e.Seq != n || !strings.HasPrefix(line, fmt.Sprintf(`{"seq":%d,`, n)) {
		return errors.New("numbers do not follow each other")
	}
	var prev tlog.Hash
	if n > 0 {
		prev = l.leaves[n-1]
	}
	if !strings.HasSuffix(line, `,"prev":"`+hex.EncodeToString(prev[:])+`"}`) {
		return errors.New("prev is not the hash of the entry before")
	}
	hash := tlog.RecordHash([]byte(line))
	if n == 0 {
		if genesis != "" && hex.EncodeToString(hash[:]) != genesis {
			return errors.New("entry 0 is not the pinned one")
		}
		verifier, err := note.NewVerifier(e.Journal.HostVkey)
		if err != nil || e.Journal.Format != "slj/1" || verifier.Name() != e.Journal.Origin {
			return fmt.Errorf("entry 0: %v", err)
		}
		l.verifier = verifier
	}
	hashes, err := tlog.StoredHashesForRecordHash(n, hash, l)
	if err != nil {
		return err
	}
	l.leaves = append(l.leaves, hash)
	l.stored = append(l.stored, hashes...)
	return nil
}

func (l *log) addCheckpoint(line string) error {
	var wrapped struct {
		Checkpoint string `json:"checkpoint"`
	}
	if l.verifier == nil || line == l.last {
		return errors.New("a checkpoint before entry 0, or twice")
	}
	if err := json.Unmarshal([]byte(line), &wrapped); err != nil {
		return err
	}
	var again bytes.Buffer
	encoder := json.NewEncoder(&again)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(wrapped); err != nil || again.String() != line+"\n" {
		return errors.New("spelling of a checkpoint")
	}
	size, root, err := checkpoint([]byte(wrapped.Checkpoint), l.verifier)
	if err != nil {
		return err
	}
	tree, err := tlog.TreeHash(int64(len(l.leaves)), l)
	if err != nil || size != int64(len(l.leaves)) || root != tree {
		return fmt.Errorf("size or root at %d: %v", size, err)
	}
	// What was signed before must be the beginning of what is signed now.
	if l.size > 0 {
		proof, err := tlog.ProveTree(size, l.size, l)
		if err != nil {
			return err
		}
		if err := tlog.CheckTree(proof, size, root, l.size, l.root); err != nil {
			return err
		}
	}
	l.size, l.root, l.last = size, root, line
	return nil
}

// checkRecords proves each entry by itself.
func (l *log) checkRecords() error {
	for n, hash := range l.leaves {
		proof, err := tlog.ProveRecord(l.size, int64(n), l)
		if err != nil {
			return err
		}
		if err := tlog.CheckRecord(proof, l.size, l.root, int64(n), hash); err != nil {
			return err
		}
	}
	return nil
}

func journal(data []byte, genesis string) error {
	var l log
	text := string(data)
	if !strings.HasSuffix(text, "\n") || strings.Contains(text, "\x00") {
		return errors.New("zero bytes, or the last line has no end")
	}
	for _, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		var err error
		if strings.HasPrefix(line, `{"checkpoint":`) {
			err = l.addCheckpoint(line)
		} else {
			err = l.addEntry(line, genesis)
		}
		if err != nil {
			return err
		}
	}
	if l.size != int64(len(l.leaves)) || l.size == 0 {
		return errors.New("nothing signs the last entries")
	}
	return l.checkRecords()
}

func proof(data []byte, vkey string) error {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return err
	}
	parts := strings.SplitN(string(data), "\n\n", 2)
	lines := strings.Split(parts[0], "\n")
	if len(parts) != 2 || len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" ||
		!strings.HasPrefix(lines[1], "extra ") || !strings.HasPrefix(lines[2], "index ") {
		return errors.New("not a proof")
	}
	record, err := base64.StdEncoding.DecodeString(lines[1][len("extra "):])
	if err != nil {
		return err
	}
	index, err := strconv.ParseInt(lines[2][len("index "):], 10, 64)
	if err != nil {
		return err
	}
	var path tlog.RecordProof
	for _, line := range lines[3:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return err
		}
		path = append(path, hash)
	}
	size, root, err := checkpoint([]byte(parts[1]), verifier)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(path, size, root, index, tlog.RecordHash(record))
}

func main() {
	status := 0
	for _, path := range os.Args[3:] {
		data, err := os.ReadFile(path)
		if err == nil && os.Args[1] == "journal" {
			err = journal(data, os.Args[2])
		} else if err == nil {
			err = proof(data, os.Args[2])
		}
		if err != nil {
			fmt.Printf("WRONG: %s: %v\n", path, err)
			status = 1
		} else {
			fmt.Printf("GOOD: %s\n", path)
		}
	}
	os.Exit(status)
}
