# SPDX-License-Identifier: Apache-2.0
#
# From the lines of sections.awk: bytes of flash by module, then `all` of them.
# -v only=PATTERN counts the objects alone whose path fits it.
BEGIN {
	FS = OFS = "\t"
	count = split("keys keys/crypto libsodium metadata secondary secondary/boot " \
		"secondary/link port libc+libgcc", module, " ")
}

function module_of(object) {
	if (object ~ /\.a\(/)
		return "libc+libgcc"
	if (object ~ /\/sodium\/crypto_/)
		return "libsodium"
	if (object ~ /\/secondary\/ports\//)
		return "port"
	if (!match(object, /\/obj\/.*\//))
		return "other"
	return substr(object, RSTART + 5, RLENGTH - 6)
}

$1 ~ /^\.(text|data)$/ && $5 ~ only {
	bytes[module_of($5)] += $4
	all += $4
}
END {
	for (i = 1; i <= count; i++) {
		print module[i], bytes[module[i]] + 0
		delete bytes[module[i]]
	}
	for (m in bytes)
		print m, bytes[m]
	print "all", all + 0
}
