// SPDX-License-Identifier: Apache-2.0

// verify checks journals and proofs of Sluice with Go's own code for transparency logs (golang.org/x/mod/sumdb), which
// knows nothing of Sluice. Usage: verify journal HASH-OF-ENTRY-0 FILE... or verify proof KEY FILE...; prints GOOD, BREAK (the
// key of an epoch was lost) or WRONG for each file and exits with 1 when one is wrong.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// keys is who signs, as sluice-journal(5) says: what entries say comes into force behind the checkpoint that signs them.
type keys struct {
	host, newHost, epoch, next note.Verifier
	named                      int64 // epochs so far
	begins, ends, lost, signed bool
	breaks                     int
}

// changes are the entries that say something about keys.
var changes = regexp.MustCompile(`^{"seq":[0-9]+,"time":[0-9]+,"boottime_us":[0-9]+,"type":"([a-z.]+)",`)

// named gives the key of vkey when it has this name.
func namedKey(vkey, name string) (note.Verifier, error) {
	verifier, err := note.NewVerifier(vkey)
	if err == nil && verifier.Name() != name {
		err = errors.New("the name of a key")
	}
	return verifier, err
}

func (k *keys) settle() {
	if !k.signed {
		return
	}
	if k.begins || k.lost {
		k.epoch = k.next
	}
	if k.ends {
		k.epoch = nil
	}
	if k.newHost != nil {
		k.host = k.newHost
	}
	k.newHost, k.begins, k.ends, k.lost, k.signed = nil, false, false, false, false
}

func (k *keys) nameEpoch(e *entry) error {
	if e.Journal.Epoch == nil || *e.Journal.Epoch != k.named {
		return errors.New("the number of an epoch")
	}
	next, err := namedKey(e.Journal.EpochVkey, fmt.Sprintf("%s/epoch/%d", k.host.Name(), k.named))
	k.next = next
	k.named++
	return err
}

func (k *keys) addEntry(line string, e *entry) error {
	k.settle()
	match := changes.FindStringSubmatch(line)
	if match == nil {
		return nil
	}
	switch match[1] {
	case "journal.epoch":
		k.begins, k.ends = true, false
		return k.nameEpoch(e)
	case "key.recover":
		if k.epoch == nil {
			return errors.New("no key to lose")
		}
		k.lost, k.ends = true, false
		k.breaks++
		return k.nameEpoch(e)
	case "journal.sealed":
		if k.epoch == nil && !k.begins {
			return errors.New("no epoch to end")
		}
		k.ends = true
	case "journal.host":
		if k.newHost != nil {
			return errors.New("two new host keys")
		}
		verifier, err := namedKey(e.Journal.HostVkey, k.host.Name())
		k.newHost = verifier
		return err
	}
	return nil
}

// known gives the keys that may sign the next checkpoint, and those that must.
func (k *keys) known() (may, must []note.Verifier) {
	may = append(may, k.host)
	if k.epoch == nil || k.begins || k.ends || k.lost || k.newHost != nil {
		must = append(must, k.host)
	}
	if k.newHost != nil {
		may, must = append(may, k.newHost), append(must, k.newHost)
	}
	if k.epoch != nil {
		may = append(may, k.epoch)
		if !k.lost {
			must = append(must, k.epoch)
		}
	}
	return may, must
}

// log is what a journal says so far.
type log struct {
	keys
	leaves []tlog.Hash
	stored []tlog.Hash // in the order of tlog.StoredHashIndex
	size   int64       // as last signed
	root   tlog.Hash
	last   string // the last checkpoint line
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
		Format    string
		Origin    string
		HostVkey  string `json:"host_vkey"`
		Epoch     *int64
		EpochVkey string `json:"epoch_vkey"`
	}
}

// strict says whether base64 is in its one spelling, which the decoder of the library does not ask for.
func strict(text string) bool {
	decoded, err := base64.StdEncoding.DecodeString(text)
	return err == nil && base64.StdEncoding.EncodeToString(decoded) == text
}

// checkpoint opens a note and gives what it signs; all of must have to be among those of may that have signed it.
func checkpoint(msg []byte, origin string, may, must []note.Verifier) (int64, tlog.Hash, error) {
	opened, err := note.Open(msg, note.VerifierList(may...))
	if err != nil {
		return 0, tlog.Hash{}, err
	}
	for _, verifier := range must {
		found := false
		for _, sig := range opened.Sigs {
			found = found || (sig.Name == verifier.Name() && sig.Hash == verifier.KeyHash())
		}
		if !found {
			return 0, tlog.Hash{}, fmt.Errorf("not signed by %s", verifier.Name())
		}
	}
	for _, sig := range append(opened.Sigs, opened.UnverifiedSigs...) {
		if !strict(sig.Base64) {
			return 0, tlog.Hash{}, errors.New("spelling of a signature")
		}
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != origin || lines[3] != "" || !strict(lines[2]) {
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
		verifier, err := namedKey(e.Journal.HostVkey, e.Journal.Origin)
		if err != nil || (e.Journal.Format != "slj/1" && e.Journal.Format != "slj/2") {
			return fmt.Errorf("entry 0: %v", err)
		}
		l.host = verifier
		if e.Journal.Format == "slj/2" {
			if err := l.nameEpoch(&e); err != nil {
				return fmt.Errorf("entry 0: %v", err)
			}
			l.epoch = l.next
		}
	} else if err := l.keys.addEntry(line, &e); err != nil {
		return err
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
	if l.host == nil || line == l.last {
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
	if l.epoch == nil && !l.begins && l.named > 0 {
		return errors.New("no epoch has begun")
	}
	may, must := l.known()
	size, root, err := checkpoint([]byte(wrapped.Checkpoint), l.host.Name(), may, must)
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
	l.size, l.root, l.last, l.signed = size, root, line, true
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

func journal(data []byte, genesis string) (int, error) {
	var l log
	text := string(data)
	if !strings.HasSuffix(text, "\n") || strings.Contains(text, "\x00") {
		return 0, errors.New("zero bytes, or the last line has no end")
	}
	for _, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		var err error
		if strings.HasPrefix(line, `{"checkpoint":`) {
			err = l.addCheckpoint(line)
		} else {
			err = l.addEntry(line, genesis)
		}
		if err != nil {
			return 0, err
		}
	}
	if l.size != int64(len(l.leaves)) || l.size == 0 {
		return 0, errors.New("nothing signs the last entries")
	}
	return l.breaks, l.checkRecords()
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
	size, root, err := checkpoint([]byte(parts[1]), verifier.Name(), []note.Verifier{verifier}, nil)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(path, size, root, index, tlog.RecordHash(record))
}

func main() {
	status := 0
	for _, path := range os.Args[3:] {
		breaks := 0
		data, err := os.ReadFile(path)
		if err == nil && os.Args[1] == "journal" {
			breaks, err = journal(data, os.Args[2])
		} else if err == nil {
			err = proof(data, os.Args[2])
		}
		if err != nil {
			fmt.Printf("WRONG: %s: %v\n", path, err)
			status = 1
		} else if breaks > 0 {
			fmt.Printf("BREAK: %s: %d keys lost\n", path, breaks)
		} else {
			fmt.Printf("GOOD: %s\n", path)
		}
	}
	os.Exit(status)
}
