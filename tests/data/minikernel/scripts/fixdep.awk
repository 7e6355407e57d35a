# SPDX-License-Identifier: GPL-2.0-only
# From gcc's dependency file to a .cmd file: autoconf.h, which changes with every
# option, is replaced by a file per option that the sources mention, and every
# dependency gets an empty rule, so that make does not fail when it vanished.
{
	gsub(/\\$/, "")
	for (i = 1; i <= NF; i++)
		if ($i !~ /:$/ && $i !~ /include\/generated\/autoconf\.h$/)
			dep[++n] = $i
}
END {
	printf "savedcmd_%s := %s\n\n", target, cmd
	printf "source_%s := %s\n\n", target, source
	printf "deps_%s := \\\n", target
	for (i = 1; i <= n; i++) {
		if (dep[i] == source || dep[i] in seen)
			continue
		seen[dep[i]]
		scan(dep[i])
		printf "  %s \\\n", dep[i]
	}
	scan(source)
	printf "\n%s: $(deps_%s)\n\n$(deps_%s):\n", target, target, target
}
function scan(file,  line, name) {
	while ((getline line < file) > 0)
		while (match(line, /(^|[^A-Z0-9_])CONFIG_[A-Z0-9_]+/)) {
			name = substr(line, RSTART, RLENGTH)
			sub(/.*CONFIG_/, "", name)
			line = substr(line, RSTART + RLENGTH)
			if (name in option)
				continue
			option[name]
			printf "    $(wildcard include/config/%s) \\\n", name
		}
	close(file)
}
