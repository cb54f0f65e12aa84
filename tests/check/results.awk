# SPDX-License-Identifier: Apache-2.0
#
# Reads what one test program printed (standard output, then standard error) and
# writes one line per test: program, test, verdict, reason, parted by tabs.
# It understands cmocka's plain output and, for scripts, lines `ok NAME`,
# `not ok NAME` and `skip NAME: reason`. A program that stopped early, ran nothing,
# or failed without a failed test counts as one failure more.
# Variables: prog, status (exit status of the program).

function note(test, word, why)
{
	if (!(test in verdict))
		order[++n] = test
	if (verdict[test] != "failed")
		verdict[test] = word
	if (why != "")
		reason[test] = why
}

function after(mark, line)
{
	return substr(line, index(line, mark) + length(mark))
}

/^\[==========\] Running [0-9]+ test/ { promised += $3; cmocka = 1 }
/test\(s\)/ { next }
/^\[ RUN      \] / { note(after("] ", $0), "running", "did not finish"); next }
/\[       OK \] / { t = after("[       OK ] ", $0); note(t, "passed", ""); delete reason[t]; next }
/\[  SKIPPED \] / {
	# cmocka names it twice, the second time in its summary.
	t = after("[  SKIPPED ] ", $0)
	if (verdict[t] != "skipped")
		note(t, "skipped", why ? why : "no reason given")
	why = ""
	next
}
/\[  FAILED  \] / { note(after("[  FAILED  ] ", $0), "failed", "see its log"); next }
/^skip: / { why = after("skip: ", $0); next }
/^SKIPPED LOUDLY: / { why = after("SKIPPED LOUDLY: ", $0); next }
/^ok / { note(after("ok ", $0), "passed", ""); next }
/^not ok / { note(after("not ok ", $0), "failed", "see its log"); next }
/^skip [^:]*: / {
	t = substr($0, 6, index($0, ": ") - 6)
	note(t, "skipped", after(": ", $0))
	next
}

END {
	for (i = 1; i <= n; i++) {
		t = order[i]
		if (verdict[t] == "running")
			verdict[t] = "failed"
		if (verdict[t] == "failed")
			bad++
		print prog "\t" t "\t" verdict[t] "\t" reason[t]
	}
	if (n == 0 && !cmocka && status == 0)
		print prog "\t" "exit status" "\tpassed\t"
	else if (n == 0 && !cmocka && status == 77)
		print prog "\t" "exit status" "\tskipped\t" (why ? why : "no reason given")
	else if (n == 0 && status == 0)
		print prog "\t" "exit status" "\tfailed\tran no test"
	else if (status != 0 && bad == 0)
		print prog "\t" "exit status" "\tfailed\texit status " status
	else if (cmocka && n < promised)
		print prog "\t" "exit status" "\tfailed\tran " n " of " promised " tests"
}
