# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A journal with all that people ask for, written by the real writer (tests/tools/make-journal.c).
# Needs BUILD, the folder with sluice and tests/make-journal. Sets JOURNAL, and N to the
# number of its entries, of which the writer may have added some behind the ones below.

# The entries in short, as sluiced composes them. Times of requests: three days from 2026-11-20 on.
journal_entries() {
	cat <<-'END'
		{"type":"agent.start","message":"agent started","agent":{"version":"0.1","adopted":false,"clean":true},"boot":"boot-a"}
		{"type":"policy.loaded","message":"policy aaaaaaaaaaaa loaded","policy":{"digest":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","generation":1,"monitor":false,"labels":2,"rules":3,"people":3}}
		{"type":"request.opened","message":"python3[42] asks to send to db:443","request":"r-00000001","digest":"d1","action":"egress","labels":["pii"],"rule":"out","requester":"alice","verdict":"hold","subject":{"pid":42,"start_ns":1,"exe":"/usr/bin/python3.11","comm":"python3","uid":1000,"user":"alice","loginuid":1000},"target":{"kind":"endpoint","text":"tcp 203.0.113.9:443","address":"::ffff:203.0.113.9","port":443,"protocol":6},"reason":"monthly export","opened_ms":1795168800000,"expires_ms":1795169700000}
		{"type":"decision","message":"bob approved r-00000001","request":"r-00000001","digest":"d1","person":"bob","approve":true,"scope":"once","duration_s":900,"reason":"as planned","tier":"A3","time_ms":1795168842000,"evidence":{"kind":"ssh-signature","key":"SHA256:bobbobbob","public_key":"ssh-ed25519 AAAAbob","namespace":"sluice-decision@sluice","statement":"sluice-decision-v1\n","signature":"-----BEGIN SSH SIGNATURE-----\n"}}
		{"type":"request.decided","message":"request r-00000001 is approved","request":"r-00000001","state":"approved","outcome":"approved by bob","tries":1,"closed_ms":1795168842000}
		{"type":"grant.issued","message":"grant g-00000001 for r-00000001","grant":"g-00000001","request":"r-00000001","action":"egress","labels":["pii"],"scope":"once","subject_text":"python3 of alice","approved_by":"bob","issued_ms":1795168842000,"expires_ms":1795169742000}
		{"type":"grant.used","message":"python3[42] went on by grant g-00000001","grant":"g-00000001","request":"r-00000001","action":"egress","labels":["pii"],"subject":{"pid":42,"start_ns":1,"exe":"/usr/bin/python3.11","comm":"python3","uid":1000,"user":"alice"},"target":{"kind":"endpoint","text":"tcp 203.0.113.9:443","address":"::ffff:203.0.113.9","port":443,"protocol":6}}
		{"type":"request.opened","message":"cat[43] asks to read /srv/data/a.csv","request":"r-00000002","digest":"d2","action":"open","labels":["secret"],"rule":"secrets","requester":"carol","verdict":"fail","subject":{"pid":43,"start_ns":2,"exe":"/usr/bin/cat","comm":"cat","uid":1001,"user":"carol"},"target":{"kind":"file","text":"/srv/data/a.csv","dev":1,"gen":0,"ino":7,"mode":33188},"reason":"","opened_ms":1795255200000,"expires_ms":1795256100000}
		{"type":"decision","message":"bob denied r-00000002","request":"r-00000002","digest":"d2","person":"bob","approve":false,"scope":"once","duration_s":0,"reason":"not today","tier":"A1","time_ms":1795255260000,"evidence":{"kind":"login"}}
		{"type":"request.decided","message":"request r-00000002 is denied","request":"r-00000002","state":"denied","outcome":"denied by bob","tries":1,"closed_ms":1795255260000}
		{"type":"request.opened","message":"curl[44] asks to send","request":"r-00000003","digest":"d3","action":"egress","labels":["pii","secret"],"rule":"out","requester":"","verdict":"hold","subject":{"pid":44,"start_ns":3,"exe":"/usr/bin/curl","comm":"<script>alert(1)</script>","uid":1002,"user":"mallory\u202e"},"target":{"kind":"endpoint","text":"tcp [2001:db8::1]:25","address":"2001:db8::1","port":25,"protocol":6},"reason":"<img src=x onerror=alert(1)>","opened_ms":1795341600000,"expires_ms":1795342500000}
		{"type":"request.closed","message":"request r-00000003 is expired","request":"r-00000003","state":"expired","outcome":"nobody decided in time: denied","tries":4,"closed_ms":1795342500000}
		{"type":"request.opened","message":"sudo[45] asks to change credentials","request":"r-00000004","digest":"d4","action":"credential","labels":["pii"],"rule":"root","requester":"carol","verdict":"fail","subject":{"pid":45,"start_ns":4,"exe":"/usr/bin/sudo","comm":"sudo","uid":1001,"user":"carol"},"target":{"kind":"credential","text":"root","credential":1,"id":0},"reason":"upgrade","opened_ms":1795345200000,"expires_ms":1795346100000}
		{"type":"decision","message":"alice approved r-00000004","request":"r-00000004","digest":"d4","person":"alice","approve":true,"scope":"process","duration_s":600,"reason":"","tier":"A2","time_ms":1795345500000,"evidence":{"kind":"channel-signature","channel":"teams","account":{"kind":"entra","issuer":"i","subject":"s"}}}
		{"type":"request.decided","message":"request r-00000004 is approved","request":"r-00000004","state":"approved","outcome":"approved by alice","tries":1,"closed_ms":1795345500000}
		{"type":"grant.issued","message":"grant g-00000002 for r-00000004","grant":"g-00000002","request":"r-00000004","action":"credential","labels":["pii"],"scope":"process","subject_text":"sudo of carol","approved_by":"alice","issued_ms":1795345500000,"expires_ms":1795346100000}
		{"type":"grant.revoked","message":"bob revoked grant g-00000002: done","grant":"g-00000002","person":"bob","reason":"done"}
		{"type":"event.stop","message":"cat[46] was refused to read /srv/data/b.csv","action":"open","labels":["secret"],"subject":{"pid":46,"start_ns":5,"exe":"/usr/bin/cat","comm":"cat","uid":1001,"user":"carol"},"target":{"kind":"file","text":"/srv/data/b.csv","dev":1,"gen":0,"ino":8,"mode":33188}}
		{"type":"event.read","message":"cp[47] read /srv/pub/c.csv","labels":["pii"],"subject":{"pid":47,"start_ns":6,"exe":"/usr/bin/cp","comm":"cp","uid":0,"user":"root"},"target":{"kind":"file","text":"/srv/pub/c.csv","dev":1,"gen":0,"ino":9,"mode":33188}}
		{"type":"event.fork","message":"cp[47] started process 48","labels":["pii"],"subject":{"pid":47,"start_ns":6,"exe":"/usr/bin/cp","comm":"cp","uid":0,"user":"root"},"peer":{"pid":48,"start_ns":7}}
		{"type":"guard.attempt","message":"rm[49] tried to remove the journal: refused","act":"remove","verdict":"deny","path":"/var/log/sluice/journal.jsonl","subject":{"pid":49,"start_ns":8,"exe":"/usr/bin/rm","comm":"rm","uid":0,"user":"root"}}
		{"type":"journal.gap","message":"3 events of CPU 0 were lost","cpu":0,"from":5,"to":7,"count":3}
		{"type":"agent.start","message":"agent started, enforcement was in force","agent":{"version":"0.1","adopted":true,"clean":false},"boot":"boot-a"}
		{"type":"policy.loaded","message":"policy bbbbbbbbbbbb loaded","policy":{"digest":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","generation":2,"monitor":false,"labels":2,"rules":4,"people":3}}
		{"type":"policy.refused","message":"the policy was refused: out.conf:3: no such label"}
		{"type":"glass.broken","message":"the glass is broken","glass":1,"reason":"upgrade","asker":"alice","duration_s":600}
		{"type":"future.kind","message":"a type of a later version","detail":[1,null,{"a":"=1+2"}]}
		{"type":"agent.stop","message":"agent stopped, enforcement goes on"}
	END
}

journal_stage() {
	JOURNAL=$BATS_TEST_TMPDIR/journal.jsonl
	journal_entries | "$BUILD/tests/make-journal" "$JOURNAL" "$BATS_TEST_TMPDIR/key.pem" --stdin
	N=$(grep -vc '^{"checkpoint"' "$JOURNAL")
	export N
}

# More entries, from standard input; of all that this writes, only the first line, which nothing signs, is left in JOURNAL;
# the whole is in JOURNAL.whole.
journal_begin_more() {
	local size
	size=$(stat -c %s "$JOURNAL")
	"$BUILD/tests/make-journal" "$JOURNAL" "$BATS_TEST_TMPDIR/key.pem" --stdin
	mv "$JOURNAL" "$JOURNAL.whole"
	{ head -c "$size" "$JOURNAL.whole"; tail -c "+$((size + 1))" "$JOURNAL.whole" | head -n 1; } >"$JOURNAL"
}
