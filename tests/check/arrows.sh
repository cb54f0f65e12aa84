#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Who may include whom, by folder. A quoted include names its file from the root.
. "$(dirname "$0")/sources.sh"
all_c | xargs -r grep -nH '^[ 	]*#[ 	]*include[ 	]*"' | awk -F : '
	function folder(path) {
		return path ~ /\// ? substr(path, 1, match(path, /\/[^\/]*$/) - 1) : "."
	}
	function allow(from, list,   n, i, part) {
		n = split(list, part, " ")
		known[from] = 1
		for (i = 1; i <= n; i++)
			may[from, part[i]] = 1
	}
	BEGIN {
		allow("keys", "keys")
		allow("keys/crypto", "keys keys/crypto")
		allow("keys/host", "keys keys/host")
		allow("metadata", "metadata keys")
		allow("metadata/host", "metadata/host metadata keys")
		allow("secondary/link", "secondary/link keys")
		allow("secondary/link/host", "secondary/link/host secondary/link keys")
		# The loader is the secondary: the two folders are one part of the design.
		allow("secondary", "secondary secondary/boot secondary/link metadata keys")
		allow("secondary/boot", "secondary/boot secondary secondary/link metadata keys")
		allow("secondary/ports", "secondary/ports secondary/boot secondary secondary/link secondary/link/host metadata keys keys/crypto")
		# A port to the host is a program: it chooses the crypto and keeps its key in a file.
		may["secondary/ports", "keys/host"] = 1
		user = "metadata/host metadata secondary/link secondary/link/host keys keys/host keys/crypto"
		allow("primary", "primary " user)
		allow("repo-tools", "repo-tools " user)
	}
	{
		from = folder($1)
		if (!match($0, /"[^"]*"/))
			next
		path = substr($0, RSTART + 1, RLENGTH - 2)
		to = folder(path)
		sub(/^secondary\/ports\/.*/, "secondary/ports", from)
		sub(/^secondary\/ports\/.*/, "secondary/ports", to)
		if ((getline line < path) < 0)
			bad($1 ":" $2 ": no such file from the root: " path)
		close(path)
		if (from ~ /^tests/)
			next
		if (!(from in known))
			bad($1 ":" $2 ": no rule for folder " from)
		else if (!((from, to) in may))
			bad($1 ":" $2 ": " from " may not include " to " (" path ")")
	}
	function bad(text) { print text; failed = 1 }
	END { exit failed }'
